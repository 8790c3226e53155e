// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// One quantized weight of a folder of safetensors as it was read: what it is, and how its arrays become
/// weights.
struct EncodedWeight: Sendable {
  var description: TensorDescription
  var file: String
  /// Refers to ``components`` by position.
  var encoding: Encoding
  var components: [(component: StoredTensor.Component, array: StoredArrays.Array)]
  /// Every array that belongs to it, by name; they are no tensors of the model. The first is that in
  /// whose place the weight is listed.
  var arrayNames: [String]
  /// Why it can't be read though the file is sound, as a sentence and as an error; nil where it can.
  var defect: (sentence: String, error: RuntimeError)?
  /// Why its codes can't be copied though they can be read; nil where they can.
  var copyProblem: String?

  init(
    _ description: TensorDescription, encoding: Encoding,
    components: [(component: StoredTensor.Component, array: StoredArrays.Array)],
    foundBy finder: ArrayFinder
  ) {
    self.description = description
    self.encoding = encoding
    self.components = components
    file = finder.file
    arrayNames = finder.found
  }

  /// Lists the weight where one of its arrays stands.
  mutating func place(at array: String) {
    arrayNames = [array] + arrayNames.filter { $0 != array }
  }

  /// The arrays as a store.
  func store(_ model: SafetensorsModel) -> StoredArrays {
    StoredArrays(model: model, file: file, components: components)
  }
}

/// Looks up a weight's arrays and checks what they are.
struct ArrayFinder {
  let model: SafetensorsModel
  /// The weight.
  let name: String
  let file: String
  private(set) var found: [String] = []

  /// - Parameter array: the array that tells which file the weight is in; nil: it is called like the weight.
  init(model: SafetensorsModel, weight name: String, in array: String? = nil) {
    self.model = model
    self.name = name
    file = model.storedLocation(of: array ?? name)?.file.path ?? model.path
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

  /// An array of a type and shape.
  ///
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where it is absent or something else.
  @discardableResult
  mutating func array(
    _ array: String, _ type: ElementType, _ shape: [Int]
  ) throws(RuntimeError) -> TensorDescription {
    let description = try self.array(array)
    guard description.elementType == type, description.shape == shape else {
      throw refusal(
        "its array \(array.quoted) is \(description.elementType.rawValue) \(description.shape), not "
          + "\(type.rawValue) \(shape)")
    }
    return description
  }

  /// An array of a type and shape as a component.
  ///
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where it is absent or something else.
  mutating func component(
    _ role: String, _ array: String, _ type: ElementType, _ shape: [Int], as shown: [Int]? = nil
  ) throws(RuntimeError) -> (component: StoredTensor.Component, array: StoredArrays.Array) {
    try self.array(array, type, shape)
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
