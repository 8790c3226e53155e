// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A weight of 8 or 16 bits as it was read: codes that are divided by a scale for each row, or for all.
struct CTranslate2Codes: ComponentStore, Sendable {
  let description: TensorDescription
  private let file: MappedFile
  private let encoding: Encoding
  private let components: [(component: StoredTensor.Component, range: Range<Int>)]

  /// - Parameter elementType: what the weights were before.
  /// - Throws: ``CTranslate2Error/variable(file:name:problem:)``.
  init(_ variable: CTranslate2Variable, of file: CTranslate2File, elementType: ElementType) throws {
    let name = variable.name + CTranslate2.scaleSuffix
    func refusal(_ problem: String) -> CTranslate2Error {
      .variable(file: file.file.path, name: variable.name, problem: problem)
    }
    guard variable.shape.count == 2, variable.elementCount > 0 else {
      throw refusal("has \(variable.type) codes, but the shape \(variable.shape) of no matrix")
    }
    guard let scales = file[name] else { throw refusal("lacks its scales \(name.quoted)") }
    let isShared = scales.elementCount == 1
    guard scales.type == .float32, isShared || scales.shape == [variable.rowCount] else {
      throw refusal("has scales of the shape \(scales.shape), not one for each row")
    }
    let scheme = variable.type == .int8 && !isShared ? "int8-ct2" : "\(variable.type)-ct2-shared"
    description = TensorDescription(
      name: variable.name, shape: variable.shape, elementType: elementType, scheme: scheme,
      storedByteCount: variable.byteRange.count + scales.byteRange.count)
    encoding = Encoding(
      component: 0,
      steps: [.init(.divide, Encoding(component: 1), block: isShared ? nil : variable.columnCount)])
    components = [
      (
        .init(role: "codes", elementType: variable.type.elementType, shape: variable.shape),
        variable.byteRange
      ),
      (
        .init(role: "scales", elementType: .f32, shape: isShared ? [1] : scales.shape),
        scales.byteRange
      ),
    ]
    self.file = file.file
  }

  var stored: StoredTensor {
    let store = self
    return StoredTensor(
      encoding: encoding, component: { components[$0].component }, makeStore: { store })
  }

  /// Restores some weights.
  func read(_ elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    try decode(encoding, elements, into: buffer, item: description.name)
  }

  func elementType(of component: Int) -> ElementType {
    components[component].component.elementType
  }

  func elementCount(of component: Int) -> Int {
    components[component].component.shape.reduce(1, *)
  }

  func codebookLength(of component: Int, isSingle: Bool) -> Int { elementCount(of: component) }

  func withBytes<Result>(
    of component: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let start = components[component].range.lowerBound
    return try file.withBytes(in: start + range.lowerBound..<start + range.upperBound, body)
  }

  func refusal(_ item: String, _ problem: String) -> any Error {
    CTranslate2Error.variable(file: file.path, name: item, problem: problem)
  }
}
