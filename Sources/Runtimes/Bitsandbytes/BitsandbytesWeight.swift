// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// One quantized weight of a folder as it was read: what it is, and how its arrays become weights.
struct BitsandbytesWeight: Sendable {
  let description: TensorDescription
  let file: String
  /// Refers to ``components`` by position.
  let encoding: Encoding
  let components: [(component: StoredTensor.Component, array: StoredArrays.Array)]
  /// Every array that belongs to it, by name; they are no tensors of the model.
  let arrayNames: [String]
  /// Why it can't be read though the file is sound; nil where it can.
  let defect: String?

  init(
    description: TensorDescription, file: String, encoding: Encoding,
    components: [(component: StoredTensor.Component, array: StoredArrays.Array)],
    arrayNames: [String], defect: String? = nil
  ) {
    self.description = description
    self.file = file
    self.encoding = encoding
    self.components = components
    self.arrayNames = arrayNames
    self.defect = defect
  }

  /// The arrays as a store.
  func store(_ model: SafetensorsModel) -> StoredArrays {
    StoredArrays(model: model, file: file, components: components)
  }
}

/// Looks up a weight's arrays and checks what they are.
struct BitsandbytesArrayFinder {
  let model: SafetensorsModel
  /// The weight.
  let name: String
  let file: String
  private(set) var found: [String] = []

  init(model: SafetensorsModel, weight name: String) {
    self.model = model
    self.name = name
    file = model.storedLocation(of: name)?.file.path ?? model.path
  }

  func refusal(_ problem: String) -> RuntimeError {
    .malformed(file: file, tensor: name, problem: problem)
  }

  /// An array of any shape.
  ///
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where it is absent.
  mutating func array(_ array: String) throws(RuntimeError) -> TensorDescription {
    guard let description = model.description(of: array) else {
      throw refusal("its array \(array.quoted) is missing")
    }
    found.append(array)
    return description
  }

  /// An array of a type and shape as a component.
  ///
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where it is absent or something else.
  mutating func component(
    _ role: String, _ array: String, _ type: ElementType, _ shape: [Int], as shown: [Int]? = nil
  ) throws(RuntimeError) -> (component: StoredTensor.Component, array: StoredArrays.Array) {
    let description = try self.array(array)
    guard description.elementType == type, description.shape == shape else {
      throw refusal(
        "its array \(array.quoted) is \(description.elementType.rawValue) \(description.shape), not "
          + "\(type.rawValue) \(shape)")
    }
    return (.init(role: role, elementType: type, shape: shown ?? shape), .stored(array))
  }

  /// The stored fp32 numbers of an array that was found.
  func floats(_ array: String) throws -> [Float] {
    try model.withStoredBytes(of: array) { bytes in
      (0..<bytes.count / 4).map {
        Float(
          bitPattern: UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }
}
