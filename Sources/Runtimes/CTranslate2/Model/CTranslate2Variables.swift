// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// The variables of a `model.bin` that are tensors, under their own names: what a model is arranged from.
struct CTranslate2Variables: EncodedSource {
  let path: String
  let file: CTranslate2File
  let tensors: [TensorDescription]
  private let encoded: [String: CTranslate2Codes]

  var format: String { CTranslate2.name }
  var assets: [Asset] { [] }
  var byteCount: Int { file.file.byteCount }
  var mappedFiles: [MappedFile] { [file.file] }

  /// - Throws: ``CTranslate2Error/variable(file:name:problem:)`` where codes lack their scales.
  init(path: String, file: CTranslate2File) throws {
    self.path = path
    self.file = file
    let elementType = Self.unquantizedType(of: file)
    var tensors: [TensorDescription] = []
    var encoded: [String: CTranslate2Codes] = [:]
    for name in file.names {
      guard let variable = file[name], !variable.shape.isEmpty,
        !Self.isScale(name, of: file)
      else { continue }
      if [.int8, .int16].contains(variable.type), name.hasSuffix(CTranslate2.weightSuffix) {
        let codes = try CTranslate2Codes(variable, of: file, elementType: elementType)
        encoded[name] = codes
        tensors.append(codes.description)
      } else {
        let type = variable.type.elementType
        tensors.append(
          TensorDescription(
            name: name, shape: variable.shape, elementType: type, scheme: type.schemeName,
            storedByteCount: variable.byteRange.count))
      }
    }
    self.tensors = tensors
    self.encoded = encoded
  }

  /// Whether a variable is the scales of another.
  private static func isScale(_ name: String, of file: CTranslate2File) -> Bool {
    name.hasSuffix(CTranslate2.weightSuffix + CTranslate2.scaleSuffix)
      && file.has(String(name.dropLast(CTranslate2.scaleSuffix.count)))
  }

  /// What weights were before they were quantized: what biases and norms still are.
  private static func unquantizedType(of file: CTranslate2File) -> ElementType {
    for name in file.names where !name.hasSuffix(CTranslate2.scaleSuffix) {
      guard let variable = file[name], !variable.shape.isEmpty else { continue }
      if variable.type.elementType.isQuantizable { return variable.type.elementType }
    }
    return .f32
  }

  /// The variable of a name, which may be an alias.
  private func variable(_ name: String) throws(CTranslate2Error) -> CTranslate2Variable {
    guard let variable = file[name], !variable.shape.isEmpty else {
      throw .unknownTensor(file: path, tensor: name)
    }
    return variable
  }

  func description(of name: String) -> TensorDescription? {
    guard let variable = try? variable(name) else { return nil }
    if let codes = encoded[variable.name] { return codes.description }
    let type = variable.type.elementType
    return TensorDescription(
      name: name, shape: variable.shape, elementType: type, scheme: type.schemeName,
      storedByteCount: variable.byteRange.count)
  }

  func storedLocation(of name: String) -> (file: MappedFile, byteRange: Range<Int>)? {
    guard let variable = try? variable(name), encoded[variable.name] == nil else { return nil }
    return (file.file, variable.byteRange)
  }

  func stored(_ name: String) throws -> StoredTensor? {
    try encoded[variable(name).name]?.stored
  }

  func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let variable = try variable(name)
    if let codes = encoded[variable.name] {
      throw CTranslate2Error.notPlain(
        file: path, tensor: name, scheme: codes.description.scheme)
    }
    return try file.file.withBytes(in: variable.byteRange, body)
  }

  func release(_ name: String, in range: Range<Int>) {
    guard let location = storedLocation(of: name) else { return }
    let start = location.byteRange.lowerBound
    file.file.advise(.dontNeed, in: start + range.lowerBound..<start + range.upperBound)
  }

  func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    let variable = try variable(name)
    let count = variable.elementCount
    guard elements.lowerBound >= 0, elements.upperBound <= count, elements.count <= buffer.count
    else {
      throw CTranslate2Error.elementsOutsideTensor(
        file: path, tensor: name, elements: elements, count: count)
    }
    if let codes = encoded[variable.name] {
      return try codes.read(elements, into: buffer)
    }
    let width = variable.type.byteCount
    let start = variable.byteRange.lowerBound
    try file.file.withBytes(
      in: start + elements.lowerBound * width..<start + elements.upperBound * width
    ) {
      _ = ElementConversion.widen($0, of: variable.type.elementType, into: buffer)
    }
  }
}
