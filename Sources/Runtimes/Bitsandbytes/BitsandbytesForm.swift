// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// In which of its forms bitsandbytes holds a tensor: told from what is stored for it and how that is
/// read, not from the scheme's name.
enum BitsandbytesForm {
  /// Numbers as they are, which every loader copies.
  case plain(ElementType)
  case fourBit(FourBit)
  /// Codes and scales of LLM.int8(): positions of components.
  case rows(codes: Int, scales: Int)

  /// A four-bit weight; numbers are positions of components.
  struct FourBit {
    var type: Bitsandbytes.QuantType
    var blockSize: Int
    var codes: Int
    var scales: Scales
  }

  enum Scales {
    case plain(Int)
    case nested(codes: Int, groups: Int, offset: Int, map: [UInt8])
  }

  /// What two tensors of a model must have in common; nil for plain ones.
  var kind: String? {
    switch self {
    case .plain: nil
    case .rows: "int8-row"
    case .fourBit(let form):
      if case .nested = form.scales { "\(form.type.rawValue)+dq" } else { form.type.rawValue }
    }
  }

  /// Finds the form of a tensor.
  ///
  /// - Throws: ``RuntimeError/notHeld(format:tensor:scheme:problem:remedy:)``.
  init(of record: TensorRecord) throws(RuntimeError) {
    if let type = record.plainType {
      self = .plain(type)
      return
    }
    func refusal(_ problem: String) -> RuntimeError {
      .notHeld(
        format: Bitsandbytes.name, tensor: record.tensor.name, scheme: record.scheme,
        problem: problem,
        remedy:
          "give it the scheme nf4, fp4 or int8-row, or keep it in its type; what is quantized "
          + "already must be dequantized first")
    }
    guard record.tensor.shape.count == 2, record.tensor.name.hasSuffix(".weight") else {
      throw refusal(
        "only the weights of linear layers, matrices named ….weight, are quantized there")
    }
    guard Bitsandbytes.dtype(of: record.tensor.elementType) != nil else {
      throw refusal("it knows only weights that were F16, BF16 or F32")
    }
    guard let form = Self.fourBit(record).map(Self.fourBit) ?? Self.rows(record) else {
      throw refusal("it stores NF4, FP4 and int8 with one scale per row, nothing else")
    }
    self = form
  }

  private static func fourBit(_ record: TensorRecord) -> FourBit? {
    let (encoding, components) = (record.layout.encoding, record.layout.components)
    guard encoding.bits == 4, encoding.order == .high, let steps = encoding.steps,
      steps.count == 2, steps[0].operation == .lookup, steps[0].block == nil,
      steps[1].operation == .multiply, let block = steps[1].block,
      BlockGeometry.permittedSizes.contains(block),
      let type = Bitsandbytes.QuantType.allCases.first(where: { type in
        components[steps[0].operand.component].constantBytes == type.codebook.bytes
      }), (steps[0].operand.steps ?? []).isEmpty
    else { return nil }
    let count = record.tensor.elementCount
    let blocks = BlockGeometry(weightCount: block, codeBits: 4).blockCount(of: count)
    guard components[encoding.component].byteCount == (count + 1) / 2,
      let scales = scales(steps[1].operand, blockCount: blocks, components)
    else { return nil }
    return FourBit(type: type, blockSize: block, codes: encoding.component, scales: scales)
  }

  private static func scales(
    _ encoding: Encoding, blockCount: Int, _ components: [TensorLayout.Component]
  ) -> Scales? {
    let numbers = components[encoding.component]
    guard encoding.bits == nil, numbers.shape == [blockCount] else { return nil }
    let steps = encoding.steps ?? []
    if steps.isEmpty { return numbers.elementType == .f32 ? .plain(encoding.component) : nil }
    let groupSize = Bitsandbytes.nestedBlockSize
    guard steps.count == 3, numbers.elementType == .u8,
      steps.map(\.operation) == [.lookup, .multiply, .add],
      steps.map(\.block) == [nil, groupSize, nil],
      steps.allSatisfy({ $0.operand.bits == nil && ($0.operand.steps ?? []).isEmpty })
    else { return nil }
    let (map, groups, offset) = (
      components[steps[0].operand.component], components[steps[1].operand.component],
      components[steps[2].operand.component]
    )
    guard let mapBytes = map.constantBytes, map.elementType == .f32, mapBytes.count == 4 * 256,
      groups.elementType == .f32, groups.shape == [(blockCount + groupSize - 1) / groupSize],
      offset.elementType == .f32, offset.shape == [1]
    else { return nil }
    return .nested(
      codes: encoding.component, groups: steps[1].operand.component,
      offset: steps[2].operand.component, map: mapBytes)
  }

  private static func rows(_ record: TensorRecord) -> Self? {
    let (encoding, components) = (record.layout.encoding, record.layout.components)
    let tensor = record.tensor
    guard encoding.bits == nil, components[encoding.component].elementType == .i8,
      components[encoding.component].shape == tensor.shape, let steps = encoding.steps,
      steps.count == 2, steps.allSatisfy({ $0.operation == .multiply }),
      steps[0].block == tensor.columnCount, steps[1].block == nil,
      steps.allSatisfy({ $0.operand.bits == nil && ($0.operand.steps ?? []).isEmpty })
    else { return nil }
    let scales = components[steps[0].operand.component]
    guard scales.elementType == .f32, scales.shape == [tensor.rowCount],
      components[steps[1].operand.component].constantBytes == [Bitsandbytes.step].bytes
    else { return nil }
    return .rows(codes: encoding.component, scales: steps[0].operand.component)
  }
}

extension TensorLayout.Component {
  /// Its bytes where it is the same for every tensor.
  var constantBytes: [UInt8]? {
    if case .constant(let bytes) = content { bytes } else { nil }
  }
}

extension [Float] {
  /// The numbers as they are stored.
  var bytes: [UInt8] {
    flatMap { number in (0..<4).map { UInt8(number.bitPattern >> ($0 * 8) & 255) } }
  }
}
