// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Integer codes with a zero point, weight = (code − zero) × scale, as MLX's affine groups, weight =
/// code × scale + bias: the same codes, and bias = −zero × scale.
///
/// Nothing is lost where scale and bias are numbers of the type in which MLX has them; then both ways
/// to the weight are exact, for neither product nor sum needs more than binary32's 24 digits.
struct MLXRegridding: Sendable {
  private let stored: StoredTensor
  private let tensor: TensorDescription
  private let bits: Int
  private let isHighFirst: Bool
  private let group: Int
  private let zeros: Encoding.Step
  private let scales: Encoding.Step
  /// What MLX has scales and biases in.
  private let type: ElementType

  /// A copied tensor as MLX holds it, or as it is where it holds it so or not at all.
  ///
  /// - Throws: ``RuntimeError/notHeld(format:tensor:scheme:problem:remedy:)`` where the codes are on such a
  ///   grid and a scale or a bias would be rounded; or the source's error.
  static func entry(_ entry: Plan.Entry) throws -> Plan.Entry {
    guard let stored = entry.stored, (try? MLXForm(of: entry.record)) == nil,
      let grid = MLXRegridding(stored, of: entry.tensor)
    else { return entry }
    try grid.requireExact()
    return try .copied(entry.tensor, grid.tensorForMLX, reason: "codes kept, zero points as biases")
  }

  /// Nil where the tensor is on no such grid.
  private init?(_ stored: StoredTensor, of tensor: TensorDescription) {
    let encoding = stored.encoding
    let codes = stored.components[encoding.component]
    guard let steps = encoding.steps, steps.count == 2, steps[0].operation == .subtract,
      steps[1].operation == .multiply, let group = steps[1].block,
      steps[0].block == nil || steps[0].block == group, Affine.permittedGroups.contains(group),
      tensor.columnCount % group == 0, codes.elementType == .u8, (encoding.bits ?? 8) % 4 == 0
    else { return nil }
    self.stored = stored
    self.tensor = tensor
    self.group = group
    bits = encoding.bits ?? 8
    isHighFirst = encoding.order == .high
    zeros = steps[0]
    scales = steps[1]
    let scaleType = stored.components[scales.operand.component].elementType
    type = scales.operand.isPlain && scaleType.bitWidth == 16 ? scaleType : tensor.elementType
  }

  /// The same weights on MLX's grid.
  private var tensorForMLX: StoredTensor {
    let count = tensor.elementCount
    let components: [StoredTensor.Component] = [
      .init(
        role: "codes", elementType: .u8, shape: bits == 8 ? tensor.shape : [count * bits / 8]),
      .init(role: "scales", elementType: type, shape: [count / group]),
      .init(role: "biases", elementType: type, shape: [count / group]),
    ]
    return StoredTensor(
      encoding: Affine.encoding(bits: bits, group: group), component: { components[$0] },
      makeStore: { Store(grid: self, components: components) })
  }

  /// Scales and biases of some groups, in binary32.
  fileprivate func numbers(_ groups: Range<Int>) throws -> (scales: [Float], biases: [Float]) {
    let store = StoredTensorStore(stored: stored, tensor: tensor.name)
    func numbers(_ step: Encoding.Step) throws -> [Float] {
      let range = step.block == nil ? 0..<1 : groups
      let found = try [Float](unsafeUninitializedCapacity: range.count) { buffer, count in
        try store.decode(step.operand, range, into: buffer, item: tensor.name)
        count = range.count
      }
      return step.block == nil ? .init(repeating: found[0], count: groups.count) : found
    }
    let scales = try numbers(scales)
    return (scales, zip(try numbers(zeros), scales).map { $0 == 0 ? 0 : -$0 * $1 })
  }

  private func requireExact() throws {
    let count = tensor.elementCount / group
    for start in stride(from: 0, to: count, by: Self.groupsAtATime) {
      let (scales, biases) = try numbers(start..<min(start + Self.groupsAtATime, count))
      for (place, (scale, bias)) in zip(scales, biases).enumerated()
      where !isExact(scale) || !isExact(bias) {
        throw RuntimeError.notHeld(
          format: MLX.name, tensor: tensor.name, scheme: tensor.scheme,
          problem:
            "scale and bias of group \(start + place) would be rounded to \(type.rawValue), and "
            + "something be lost a second time",
          remedy: "quantize the original for mlx, or dequantize first")
      }
    }
  }

  /// Whether a number is one of the type, and has few enough digits for exact products with codes.
  private func isExact(_ number: Float) -> Bool {
    switch type {
    case .bf16: number.bitPattern & 0xFFFF == 0
    case .f16: Float(Float16(number)) == number
    default: number.bitPattern & 0xFF == 0
    }
  }

  private static let groupsAtATime = 1 << 14

  /// The components of ``tensorForMLX``, made from the stored ones as they are asked for.
  private struct Store: ComponentStore {
    let grid: MLXRegridding
    let components: [StoredTensor.Component]

    func elementType(of component: Int) -> ElementType { components[component].elementType }

    func elementCount(of component: Int) -> Int { components[component].shape.reduce(1, *) }

    func codebookLength(of component: Int, isSingle: Bool) -> Int { elementCount(of: component) }

    func withBytes<Result>(
      of component: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
      if component == 0 {
        return try grid.stored.withBytes(of: grid.stored.encoding.component, in: range) { bytes in
          guard grid.isHighFirst else { return try body(bytes) }
          return try bytes.map { $0 >> 4 | $0 << 4 }.withUnsafeBytes(body)
        }
      }
      let width = grid.type.bitWidth / 8
      let groups = range.lowerBound / width..<(range.upperBound + width - 1) / width
      let (scales, biases) = try grid.numbers(groups)
      var numbers = component == 1 ? scales : biases
      return try numbers.withUnsafeMutableBufferPointer { numbers in
        let bytes = numbers.narrowed(to: grid.type)
        let start = range.lowerBound - groups.lowerBound * width
        return try body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + range.count]))
      }
    }

    func refusal(_ item: String, _ problem: String) -> any Error {
      QuantizationError.components(tensor: item, problem: problem)
    }
  }
}

/// The components of a stored tensor as a store, by their positions.
struct StoredTensorStore: ComponentStore {
  let stored: StoredTensor
  /// The tensor's name, for errors.
  let tensor: String

  func elementType(of component: Int) -> ElementType { stored.components[component].elementType }

  func elementCount(of component: Int) -> Int {
    stored.components[component].shape.reduce(1, *)
  }

  func codebookLength(of component: Int, isSingle: Bool) -> Int {
    isSingle ? elementCount(of: component) : stored.components[component].shape.last ?? 1
  }

  func withBytes<Result>(
    of component: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result { try stored.withBytes(of: component, in: range, body) }

  func refusal(_ item: String, _ problem: String) -> any Error {
    QuantizationError.components(tensor: item, problem: problem)
  }
}
