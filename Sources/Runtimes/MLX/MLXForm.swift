// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// In which of its forms MLX holds a tensor: told from what is stored for it and how that is read, not from
/// the scheme's name. Numbers are positions of components.
enum MLXForm {
  /// Numbers as they are.
  case plain(ElementType)
  case affine(MLX.Setting, codes: Int, scales: Int, biases: Int)
  case microscaling(codes: Int, scales: Int)

  /// How the codes are grouped; nil for plain numbers.
  var setting: MLX.Setting? {
    switch self {
    case .plain: nil
    case .affine(let setting, _, _, _): setting
    case .microscaling: MLX.Setting(group: MLX.microscalingGroup, bits: 4, mode: .mxfp4)
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
        format: MLX.name, tensor: record.tensor.name, scheme: record.scheme, problem: problem,
        remedy:
          "give it a scheme from affine2 to affine8 or mxfp4-mlx, or keep it in its type; what "
          + "is quantized already must be dequantized first")
    }
    guard record.tensor.shape.count >= 2, record.tensor.name.hasSuffix(".weight") else {
      throw refusal("only matrices named ….weight are quantized there")
    }
    guard let form = Self.affine(record) ?? Self.microscaling(record) else {
      throw refusal(
        "it stores groups of 32, 64 or 128 codes that lie in one row, with a scale and a bias in the "
          + "type of the weights, and mxfp4")
    }
    self = form
  }

  private static func affine(_ record: TensorRecord) -> Self? {
    let (encoding, components) = (record.layout.encoding, record.layout.components)
    let tensor = record.tensor
    guard let bits = encoding.lowBits(components[encoding.component].elementType),
      Affine.permittedBits.contains(bits), let steps = encoding.steps, steps.count == 2,
      steps.map(\.operation) == [.multiply, .add], let group = steps[0].block,
      steps[1].block == group, Affine.permittedGroups.contains(group),
      tensor.columnCount % group == 0, steps.allSatisfy(\.operand.isPlain),
      components[encoding.component].byteCount == tensor.elementCount * bits / 8
    else { return nil }
    let (scales, biases) = (steps[0].operand.component, steps[1].operand.component)
    for component in [components[scales], components[biases]] {
      guard component.elementType == components[scales].elementType,
        component.elementType.isQuantizable,
        component.shape.reduce(1, *) == tensor.elementCount / group, component.constantBytes == nil
      else { return nil }
    }
    return .affine(
      MLX.Setting(group: group, bits: bits, mode: .affine), codes: encoding.component,
      scales: scales, biases: biases)
  }

  private static func microscaling(_ record: TensorRecord) -> Self? {
    let (encoding, components) = (record.layout.encoding, record.layout.components)
    let tensor = record.tensor
    guard encoding.bits == 4, encoding.order == .low, let steps = encoding.steps, steps.count == 2,
      steps.map(\.operation) == [.lookup, .multiply], steps[0].block == nil,
      steps[1].block == MLX.microscalingGroup, tensor.columnCount % MLX.microscalingGroup == 0,
      steps.allSatisfy(\.operand.isPlain),
      components[steps[0].operand.component].constantBytes == Codebook.e2m1.bytes,
      components[encoding.component].byteCount == tensor.elementCount / 2
    else { return nil }
    let scales = components[steps[1].operand.component]
    guard scales.elementType == .f8e8m0,
      scales.shape.reduce(1, *) == tensor.elementCount / MLX.microscalingGroup
    else { return nil }
    return .microscaling(codes: encoding.component, scales: steps[1].operand.component)
  }
}

extension Encoding {
  /// The width of codes that are packed from a byte's low bits on; whole bytes are such codes.
  func lowBits(_ elementType: ElementType) -> Int? {
    guard elementType == .u8 else { return nil }
    guard let bits else { return 8 }
    return order == .low ? bits : nil
  }

  /// Whether it is a component's numbers as they are.
  var isPlain: Bool { bits == nil && (steps ?? []).isEmpty }
}
