// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// A model in `.tone` files: one file, or all parts of a set.
package struct ToneModel: EncodedSource {
  package let path: String
  package let format = "tone"
  package let tensors: [TensorDescription]
  package let assets: [Asset]
  package let byteCount: Int
  /// The files, in the order of their parts.
  package let files: [ToneFile]

  /// The part and the position in its directory of each tensor.
  private let locations: [String: (file: Int, tensor: Int, description: Int)]

  /// Opens a file and, where it is one part of a set, the other parts beside it.
  ///
  /// - Throws: ``FileError`` or ``ContainerError``.
  package init(path: String) throws {
    try self.init(path: path, files: ToneFile(path: path).withSiblings())
  }

  /// Opens a model that is in memory, as one file.
  package init(contents: Data, path: String) throws {
    try self.init(path: path, files: [ToneFile(MappedFile(copying: contents, path: path))])
  }

  private init(path: String, files: [ToneFile]) throws {
    var tensors: [TensorDescription] = []
    var locations: [String: (file: Int, tensor: Int, description: Int)] = [:]
    var assets: [Asset] = []
    for (fileIndex, file) in files.enumerated() {
      for (index, entry) in file.directory.tensors.enumerated() {
        let location = (file: fileIndex, tensor: index, description: tensors.count)
        if let other = locations.updateValue(location, forKey: entry.name) {
          throw ContainerError.parts(
            file: file.path,
            problem: "tensor \(entry.name.quoted) is also in \(files[other.file].path)")
        }
        tensors.append(file.description(of: entry))
      }
      assets += try file.readAssets()
    }
    self.path = path
    self.files = files
    self.tensors = tensors
    self.locations = locations
    self.assets = assets.sorted { $0.name < $1.name }
    byteCount = files.reduce(0) { $0 + $1.file.byteCount }
  }

  package var mappedFiles: [MappedFile] { files.map(\.file) }

  package func description(of name: String) -> TensorDescription? {
    locations[name].map { tensors[$0.description] }
  }

  /// The tensor as its file's directory has it.
  package func entry(of name: String) -> Directory.Tensor? {
    locations[name].map { files[$0.file].directory.tensors[$0.tensor] }
  }

  package func stored(_ name: String) throws -> StoredTensor? {
    guard let location = locations[name] else {
      throw ContainerError.unknownTensor(file: path, tensor: name)
    }
    let file = files[location.file]
    let tensor = file.directory.tensors[location.tensor]
    if try file.plainComponent(of: tensor) != nil { return nil }
    return try StoredTensor(
      encoding: file.encoding(of: tensor),
      component: { number in
        StoredTensor.Component(
          role: file.directory.components[number].role,
          elementType: file.components[number].elementType, shape: file.components[number].shape)
      }, makeStore: { file.restoringComponents() })
  }

  package func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withStoredBytes(of: name, within: nil, body)
  }

  package func withStoredBytes<Result>(
    of name: String, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withStoredBytes(of: name, within: range, body)
  }

  package func retainedBytes(of name: String, in range: Range<Int>) throws -> RetainedBytes? {
    guard let location = locations[name] else {
      throw ContainerError.unknownTensor(file: path, tensor: name)
    }
    let file = files[location.file]
    let tensor = file.directory.tensors[location.tensor]
    guard let component = try file.plainComponent(of: tensor) else { return nil }
    return try file.retainedBytes(of: component, in: range, coder: FrameCoder())
  }

  private func withStoredBytes<Result>(
    of name: String, within range: Range<Int>?, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let location = locations[name] else {
      throw ContainerError.unknownTensor(file: path, tensor: name)
    }
    let file = files[location.file]
    let tensor = file.directory.tensors[location.tensor]
    guard let component = try file.plainComponent(of: tensor) else {
      throw ContainerError.notPlain(file: file.path, tensor: name, scheme: tensor.scheme)
    }
    return try file.withBytes(
      of: component, in: range ?? 0..<file.components[component].byteCount, coder: FrameCoder(),
      body)
  }

  package func prefetch(_ name: String) {
    guard let location = locations[name] else { return }
    let file = files[location.file]
    guard let encoding = try? file.encoding(of: file.directory.tensors[location.tensor]) else {
      return
    }
    for component in encoding.ownComponents {
      let frames = file.components[component].frameRange
      guard let first = frames.first, let last = frames.last else { continue }
      let (start, end) = (file.frames[first].range.lowerBound, file.frames[last].range.upperBound)
      // Frames need not lie in order.
      if start < end { file.file.advise(.willNeed, in: start..<end) }
    }
  }

  package func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard let location = locations[name] else {
      throw ContainerError.unknownTensor(file: path, tensor: name)
    }
    let count = tensors[location.description].elementCount
    let file = files[location.file]
    guard elements.lowerBound >= 0, elements.upperBound <= count, elements.count <= buffer.count
    else {
      throw ContainerError.elementsOutsideTensor(
        file: file.path, tensor: name, elements: elements, count: count)
    }
    try file.restoringComponents().decode(
      file.encoding(of: file.directory.tensors[location.tensor]), elements, into: buffer,
      item: "tensor \(name.quoted)")
  }
}

extension ToneFile {
  /// The component that holds a tensor's numbers as they are, or nil where it is encoded.
  ///
  /// - Throws: ``ContainerError/unknownEncoding(file:item:name:)``.
  func plainComponent(of tensor: Directory.Tensor) throws -> Int? {
    let encoding = try encoding(of: tensor)
    guard encoding.bits == nil, (encoding.steps ?? []).isEmpty,
      components[encoding.component].elementType.rawValue == tensor.type,
      components[encoding.component].shape == tensor.shape
    else { return nil }
    return encoding.component
  }

  /// How a tensor's components become weights.
  ///
  /// - Throws: ``ContainerError/unknownEncoding(file:item:name:)``.
  func encoding(of tensor: Directory.Tensor) throws -> Encoding {
    switch tensor.encoding {
    case .success(let encoding): return encoding
    case .failure(let unknown):
      throw ContainerError.unknownEncoding(
        file: path, item: "tensor \(tensor.name.quoted)", name: unknown.name)
    }
  }

  /// What a tensor is, in the words of every source.
  ///
  /// Codebooks and constants do not count as stored for it, however many tensors use them, and
  /// nothing does where the encoding is unknown.
  func description(of tensor: Directory.Tensor) -> TensorDescription {
    let own = (try? tensor.encoding.get())?.ownComponents ?? []
    let stored = own.reduce(0) { $0 + components[$1].byteCount }
    return TensorDescription(
      name: tensor.name, shape: tensor.shape,
      elementType: ElementType(rawValue: tensor.type) ?? .f32, scheme: tensor.scheme,
      storedByteCount: stored)
  }

  /// All assets of this file.
  ///
  /// - Throws: ``ContainerError``, also where one is larger than a reader allocates unseen.
  func readAssets() throws -> [Asset] {
    let coder = FrameCoder()
    var room = file.byteCount + ToneFormat.allocationAllowance
    return try directory.assets.map { asset in
      let component = components[asset.component]
      guard component.byteCount <= room else {
        throw ContainerError.inconsistent(
          file: path, item: "asset \(asset.name.quoted)",
          problem: "\(component.byteCount) bytes are too many")
      }
      room -= component.byteCount
      return try withBytes(
        of: asset.component, in: 0..<component.byteCount, coder: coder
      ) { Asset(name: asset.name, contents: Data($0)) }
    }
  }

  /// This file, or all parts of its set in order.
  ///
  /// - Throws: ``ContainerError/parts(file:problem:)`` where parts are missing or do not belong together.
  func withSiblings() throws -> [ToneFile] {
    let part = directory.part
    guard part.count > 1 else { return [self] }
    let url = URL(filePath: path)
    let stem = url.deletingPathExtension().lastPathComponent
    let suffix = PartName.suffix(index: part.index, count: part.count)
    guard stem.hasSuffix(suffix) else {
      throw ContainerError.parts(
        file: path, problem: "part \(part.index) of \(part.count) is not named …\(suffix).tone")
    }
    let folder = url.deletingLastPathComponent()
    let base = String(stem.dropLast(suffix.count))
    return try (1...part.count).map { index in
      if index == part.index { return self }
      let name = base + PartName.suffix(index: index, count: part.count)
      let sibling = folder.appending(path: "\(name).\(ToneFormat.fileExtension)").path
      guard FileManager.default.fileExists(atPath: sibling) else {
        throw ContainerError.parts(file: path, problem: "part \(index), \(name).tone, is missing")
      }
      let file = try ToneFile(path: sibling)
      let found = file.directory.part
      guard found == Directory.Part(index: index, count: part.count, set: part.set) else {
        throw ContainerError.parts(
          file: sibling,
          problem: "it is part \(found.index) of \(found.count) of set \(found.set), not part "
            + "\(index) of \(part.count) of set \(part.set)")
      }
      return file
    }
  }
}

/// How the files of a set are named.
package enum PartName {
  /// What stands between the name that all parts share and the ending: `-00002-of-00003`.
  package static func suffix(index: Int, count: Int) -> String {
    func padded(_ number: Int) -> String {
      String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
    }
    return "-\(padded(index))-of-\(padded(count))"
  }
}
