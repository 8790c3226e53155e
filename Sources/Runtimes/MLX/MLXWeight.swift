// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// One quantized weight of a folder as it was read: what it is, and how its arrays become weights.
struct MLXWeight: Sendable {
  var description: TensorDescription
  let file: String
  /// Refers to ``components`` by position.
  let encoding: Encoding
  private(set) var components: [(component: StoredTensor.Component, array: StoredArrays.Array)]
  /// The arrays beside the codes.
  let companions: [String]

  /// Reads a weight.
  ///
  /// - Parameters:
  ///   - path: of its module.
  ///   - elementType: what the weights were before, where their scales do not say.
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where its arrays do not fit together.
  init(
    _ path: String, _ setting: MLXSettings.Setting, _ elementType: ElementType,
    of model: SafetensorsModel
  ) throws(RuntimeError) {
    let name = "\(path).weight"
    let file = model.storedLocation(of: name)?.file.path ?? model.path
    func refusal(_ problem: String) -> RuntimeError {
      .malformed(file: file, tensor: name, problem: problem)
    }
    guard let codes = model.description(of: name), codes.elementType == .u32,
      codes.shape.count >= 2, codes.elementCount > 0
    else { throw refusal("it has scales, but is no U32 matrix of codes") }
    let words = codes.columnCount.multipliedReportingOverflow(by: 32)
    guard !words.overflow, words.partialValue % setting.bits == 0 else {
      throw refusal("its rows of \(codes.columnCount) words hold no codes of \(setting.bits) bits")
    }
    let columns = words.partialValue / setting.bits
    guard columns % setting.group == 0 else {
      throw refusal(
        "its rows of \(columns) codes of \(setting.bits) bits are no whole groups of \(setting.group)"
      )
    }
    let rows = Array(codes.shape.dropLast())
    func array(_ role: String, _ types: [ElementType]) throws(RuntimeError) -> TensorDescription {
      let shape = rows + [columns / setting.group]
      guard let found = model.description(of: "\(path).\(role)") else {
        throw refusal("its array \("\(path).\(role)".quoted) is missing")
      }
      guard found.shape == shape, types.contains(found.elementType) else {
        throw refusal(
          "its \(role) are \(found.elementType.rawValue) \(found.shape), not "
            + "\(types.map(\.rawValue).joined(separator: ", ")) \(shape)")
      }
      return found
    }
    func component(
      _ role: String, _ type: ElementType, _ shape: [Int], _ array: String
    ) -> (component: StoredTensor.Component, array: StoredArrays.Array) {
      (.init(role: role, elementType: type, shape: shape), .stored("\(path).\(array)"))
    }
    let shape = rows + [columns]
    let count = codes.rowCount * columns
    let codesShape = setting.bits == 8 ? shape : [count * setting.bits / 8]
    if model.description(of: "\(path).global_scale") != nil {
      throw refusal("it has a global_scale, which is not read")
    }
    switch setting.mode {
    case "affine":
      let scales = try array("scales", [.f16, .bf16, .f32])
      _ = try array("biases", [scales.elementType])
      components = [
        component("codes", .u8, codesShape, "weight"),
        component("scales", scales.elementType, [count / setting.group], "scales"),
        component("biases", scales.elementType, [count / setting.group], "biases"),
      ]
      encoding = Affine.encoding(bits: setting.bits, group: setting.group)
      companions = ["\(path).scales", "\(path).biases"]
      description = TensorDescription(
        name: name, shape: shape, elementType: scales.elementType,
        scheme: Affine.name(bits: setting.bits), storedByteCount: 0)
    default:
      _ = try array("scales", [.u8])
      let isE4M3 = setting.mode == "mxfp8"
      let scaleType: ElementType = setting.mode == "nvfp4" ? .f8e4m3 : .f8e8m0
      components = [
        component("codes", isE4M3 ? .f8e4m3 : .u8, codesShape, "weight"),
        component("scales", scaleType, [count / setting.group], "scales"),
      ]
      let scaling = Encoding.Step(.multiply, Encoding(component: 1), block: setting.group)
      if isE4M3 {
        encoding = Encoding(component: 0, steps: [scaling])
      } else {
        components.append(
          (
            .init(role: "codebook", elementType: .f32, shape: [16]),
            .known(Codebook.e2m1.bytes)
          ))
        encoding = Encoding(
          component: 0, bits: 4, order: .low,
          steps: [.init(.lookup, Encoding(component: 2)), scaling])
      }
      companions = ["\(path).scales"]
      description = TensorDescription(
        name: name, shape: shape, elementType: elementType, scheme: setting.mode,
        storedByteCount: 0)
    }
    self.file = file
    description.storedByteCount = ownByteCount
  }

  private var ownByteCount: Int {
    components.reduce(0) { sum, entry in
      if case .known = entry.array { sum } else { sum + entry.component.byteCount }
    }
  }

  /// One matrix of a stack, under a name of its own.
  func matrix(_ index: Int, named name: String) -> MLXWeight {
    var part = self
    let count = description.shape[0]
    part.description.name = name
    part.description.shape.removeFirst()
    part.components = components.map { entry in
      guard case .stored(let array) = entry.array else { return entry }
      var component = entry.component
      let byteCount = component.byteCount / count
      component.shape =
        component.shape.count == 1 ? [component.shape[0] / count] : part.description.shape
      return (component, .part(array, start: index * byteCount))
    }
    part.description.storedByteCount = part.ownByteCount
    return part
  }

  /// The arrays as a store.
  func store(_ model: SafetensorsModel) -> StoredArrays {
    StoredArrays(model: model, file: file, components: components)
  }
}
