// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

extension EncodedWeight {
  /// Reads a four-bit weight.
  ///
  /// - Parameter type: what the name of its description says.
  /// - Throws: ``RuntimeError`` where its arrays do not fit together.
  init(
    fourBit name: String, _ type: Bitsandbytes.QuantType, of model: SafetensorsModel
  ) throws {
    var finder = ArrayFinder(model: model, weight: name)
    let state = try finder.state(type)
    guard let elementType = Bitsandbytes.elementType(of: state.dtype) else {
      throw finder.refusal("its quant_state has the unknown dtype \(state.dtype.quoted)")
    }
    guard let count = Self.elementCount(of: state.shape) else {
      throw finder.refusal("its quant_state has the impossible shape \(state.shape)")
    }
    // Another storage type holds the same bytes; a flat array is what some writers make.
    let stored = try finder.array(name)
    let byteCount = (count + 1) / 2
    guard stored.storedByteCount == byteCount,
      stored.shape.filter({ $0 != 1 }).count <= 1 || byteCount == 1
    else {
      throw finder.refusal(
        "its codes are \(stored.elementType.rawValue) \(stored.shape), not the U8 "
          + "[\(byteCount), 1] of shape \(state.shape)")
    }
    let blocks = count / state.blockSize + (count % state.blockSize == 0 ? 0 : 1)
    var components: [(component: StoredTensor.Component, array: StoredArrays.Array)] = [
      (.init(role: "codes", elementType: .u8, shape: [byteCount]), .stored(name))
    ]
    var scales = Encoding(component: 1)
    var isDefective = false
    let isNested = model.description(of: "\(name).nested_absmax") != nil
    if isNested {
      components += try finder.nestedScales(state, blockCount: blocks)
      scales.steps = [
        .init(.lookup, Encoding(component: 4)),
        .init(.multiply, Encoding(component: 2), block: Bitsandbytes.nestedBlockSize),
        .init(.add, Encoding(component: 3)),
      ]
    } else if finder.hasTransposedScales(state) {
      _ = try finder.array("\(name).absmax")
      components.append((.init(role: "scales", elementType: .f32, shape: [blocks]), .known([])))
      isDefective = true
    } else {
      components.append(try finder.component("scales", "\(name).absmax", .f32, [blocks]))
    }
    components.append(try finder.component("codebook", "\(name).quant_map", .f32, [16]))
    let codebook = try finder.floats("\(name).quant_map")
    guard codebook.allSatisfy(\.isFinite) else {
      throw finder.refusal("its quant_map holds NaN or infinity")
    }
    let own = components.dropLast().filter { $0.component.role != "scale_codebook" }
    self.init(
      TensorDescription(
        name: name, shape: state.shape, elementType: elementType,
        scheme: type.rawValue + (isNested ? "+dq" : ""),
        storedByteCount: own.reduce(0) { $0 + $1.component.byteCount }),
      encoding: Encoding(
        component: 0, bits: 4, order: .high,
        steps: [
          .init(.lookup, Encoding(component: components.count - 1)),
          .init(.multiply, scales, block: state.blockSize),
        ]),
      components: components, foundBy: finder)
    place(at: name)
    if isDefective {
      defect = (
        RuntimeError.transposedScales,
        .transposedScales(file: file, tensor: name)
      )
    }
  }

  /// The product of a matrix' shape, or nil where it has none that a file can hold.
  static func elementCount(of shape: [Int]) -> Int? {
    guard (1...8).contains(shape.count), shape.allSatisfy({ $0 > 0 }) else { return nil }
    var count = 1
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow, product < Int.max / 8 else { return nil }
      count = product
    }
    return count
  }
}

extension ArrayFinder {
  /// The longest description that is read, in bytes; a real one has under 300.
  private static let longestState = 1 << 16

  /// Reads and checks the weight's description.
  fileprivate mutating func state(_ type: Bitsandbytes.QuantType) throws -> QuantState {
    let array = name + type.stateSuffix
    let description = try self.array(array)
    guard description.elementType == .u8, description.storedByteCount <= Self.longestState else {
      throw refusal("its quant_state is no short text")
    }
    let (parsed, problem) = try model.withStoredBytes(of: array) { QuantState.parse($0) }
    guard let state = parsed else { throw refusal(problem) }
    guard state.quantType == type.rawValue else {
      throw refusal("its quant_state says \(state.quantType.quoted) where its name says \(type)")
    }
    guard BlockGeometry.permittedSizes.contains(state.blockSize) else {
      throw refusal("its quant_state has blocks of \(state.blockSize) weights")
    }
    return state
  }

  /// The components of scales that are quantized themselves.
  fileprivate mutating func nestedScales(
    _ state: QuantState, blockCount: Int
  ) throws -> [(component: StoredTensor.Component, array: StoredArrays.Array)] {
    guard let nestedBlockSize = state.nestedBlockSize, let offset = state.nestedOffset,
      let dtype = state.nestedDtype
    else { throw refusal("its quant_state lacks nested_blocksize, nested_dtype or nested_offset") }
    guard nestedBlockSize == Bitsandbytes.nestedBlockSize, ["float32", "bfloat16"].contains(dtype)
    else {
      throw refusal(
        "its scales are quantized in blocks of \(nestedBlockSize) \(dtype.quoted), not of "
          + "\(Bitsandbytes.nestedBlockSize) float32")
    }
    guard Float(offset).isFinite else { throw refusal("its nested_offset is not an fp32 number") }
    let groups = (blockCount + nestedBlockSize - 1) / nestedBlockSize
    return [
      try component("scale_codes", "\(name).absmax", .u8, [blockCount]),
      try component("group_scales", "\(name).nested_absmax", .f32, [groups]),
      (
        .init(role: "scale_offset", elementType: .f32, shape: [1]),
        .known([Float(offset)].bytes)
      ),
      try component("scale_codebook", "\(name).nested_quant_map", .f32, [256]),
    ]
  }

  /// Whether the scales are as a forward pass on a CPU leaves them in memory: BF16, a column for each row
  /// of the weight.
  fileprivate func hasTransposedScales(_ state: QuantState) -> Bool {
    guard let found = model.description(of: "\(name).absmax"), found.elementType == .bf16,
      state.shape.count == 2, state.shape[1] % state.blockSize == 0
    else { return false }
    return found.shape == [state.shape[1] / state.blockSize, state.shape[0]]
  }
}
