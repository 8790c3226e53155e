// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// In which of its forms CTranslate2 holds a tensor: told from what is stored for it and how that is read,
/// not from the scheme's name.
enum CTranslate2Form: Equatable {
  /// Numbers as they are.
  case plain(CTranslate2Type)
  /// 8-bit codes that are divided by a scale for each row: positions of components.
  case rows(codes: Int, scales: Int)

  var type: CTranslate2Type {
    if case .plain(let type) = self { return type }
    return .int8
  }

  /// Finds the form of a tensor.
  ///
  /// - Throws: ``RuntimeError/notHeld(format:tensor:scheme:problem:remedy:)``.
  init(of record: TensorRecord) throws(RuntimeError) {
    let tensor = record.tensor
    func refusal(_ problem: String) -> RuntimeError {
      .notHeld(
        format: CTranslate2.name, tensor: tensor.name, scheme: record.scheme, problem: problem,
        remedy: "use one of the schemes \(CTranslate2Mixture.names), or dequantize first what is "
          + "quantized already")
    }
    if let elementType = record.plainType {
      guard elementType.isQuantizable, let type = CTranslate2Type(elementType) else {
        throw refusal("its numbers are of none of the types F32, F16, BF16")
      }
      self = .plain(type)
      return
    }
    let (encoding, components) = (record.layout.encoding, record.layout.components)
    guard encoding.bits == nil, let steps = encoding.steps, steps.count == 1,
      steps[0].operation == .divide, steps[0].block == tensor.columnCount,
      steps[0].operand.bits == nil, (steps[0].operand.steps ?? []).isEmpty,
      components[encoding.component].elementType == .i8,
      components[steps[0].operand.component].elementType == .f32
    else {
      throw refusal("it holds 8-bit rows that are divided by their scales, and plain numbers")
    }
    guard tensor.shape.count == 2 else { throw refusal("only matrices have codes there") }
    self = .rows(codes: encoding.component, scales: steps[0].operand.component)
  }
}
