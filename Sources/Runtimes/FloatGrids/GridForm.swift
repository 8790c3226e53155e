// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A matrix of floating-point codes: told from what is stored for it and how that is read, not from
/// the scheme's name. Numbers are positions of components.
struct GridForm {
  enum Kind: Equatable {
    /// E4M3 codes with a scale per row.
    case e4m3Rows
    /// E2M1 codes, an E4M3 scale for every 16, and a number of the tensor that is a factor or a divisor.
    case nvfp4(tensorScale: Int, isDivisor: Bool)
    /// E2M1 codes and a power of two for every 32.
    case mxfp4
  }

  var kind: Kind
  var codes: Int
  var scales: Int
  var scaleType: ElementType

  /// The form of a tensor; nil where it is none.
  init?(of record: TensorRecord) {
    let (encoding, components) = (record.layout.encoding, record.layout.components)
    let tensor = record.tensor
    guard tensor.shape.count == 2, tensor.elementCount > 0, let steps = encoding.steps,
      let last = steps.last, last.operation == .multiply, let block = last.block,
      tensor.columnCount % block == 0, last.operand.bits == nil
    else { return nil }
    codes = encoding.component
    scales = last.operand.component
    scaleType = components[scales].elementType
    guard components[scales].shape.reduce(1, *) == tensor.elementCount / block else { return nil }
    let scaleSteps = last.operand.steps ?? []
    if components[codes].elementType == .f8e4m3 {
      guard encoding.bits == nil, steps.count == 1, block == tensor.columnCount,
        scaleSteps.isEmpty, [.f16, .bf16, .f32].contains(scaleType)
      else { return nil }
      kind = .e4m3Rows
      return
    }
    guard encoding.bits == 4, encoding.order == .low, components[codes].elementType == .u8,
      components[codes].byteCount == tensor.elementCount / 2, steps.count == 2,
      steps[0].operation == .lookup, steps[0].block == nil,
      (steps[0].operand.steps ?? []).isEmpty,
      components[steps[0].operand.component].constantBytes == Codebook.e2m1.bytes
    else { return nil }
    switch (block, scaleType, scaleSteps.count) {
    case (32, .f8e8m0, 0): kind = .mxfp4
    case (16, .f8e4m3, 1):
      let step = scaleSteps[0]
      let number = components[step.operand.component]
      guard step.block == nil, step.operation == .multiply || step.operation == .divide,
        (step.operand.steps ?? []).isEmpty, number.elementType == .f32, number.shape == [1]
      else { return nil }
      kind = .nvfp4(tensorScale: step.operand.component, isDivisor: step.operation == .divide)
    default: return nil
    }
  }
}
