// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// An encoding that the kernels can multiply with: what its codes are and where its scales come from.
///
/// With groups as the kernels want them these are: `nf4`, `fp4`, `int4`, `int8`, `int8-row` (and
/// bitsandbytes' folders), `w4a16`, `w4a16-asym`, `w8a16` (compressed-tensors, GPTQ, AWQ), `affine2` to
/// `affine8` (MLX), `mxfp4`, `nvfp4`, `int8-ct2` (CTranslate2), and GGUF's Q2_K to Q6_K, Q4_0 to Q5_1, Q8_0,
/// IQ4_NL and IQ4_XS. Whatever else there is stays as it is stored too, and some rows are restored at a
/// time.
struct CodePattern {
  enum Kind {
    case lookup(table: Encoding)
    /// Four-bit numbers less a zero point: one for each block, one for all where `isSingle`, or none.
    case integers(zeros: Encoding?, isSingle: Bool)
    /// Signed bytes; `factor` holds one number with which all weights are multiplied besides.
    case bytes(factor: Encoding?)
    /// Unsigned bytes; `zero` holds one number that is taken away first.
    case unsignedBytes(zero: Encoding?)
    /// Codes of 2 to 7 bits without gaps, from each byte's low bits on: numbers less `zero`, which is one
    /// for all, or places in a table of 16.
    case packed(zero: Encoding?, table: Encoding?)
  }

  let kind: Kind
  let scales: Encoding
  /// Whether scales divide instead of multiplying.
  let isDivided: Bool
  /// What is added to each weight of a block.
  let offsets: Encoding?
  let block: Int
  /// Bits of a code.
  let bits: Int
  /// Whether the first code of a byte is in its low half.
  let isLowFirst: Bool

  /// Below this, scales would take more room than codes.
  private static let leastByteBlock = 8

  /// Nil where no kernel knows the encoding of a tensor.
  init?(_ stored: StoredTensor) {
    let encoding = stored.encoding
    var steps = (encoding.steps ?? [])[...]
    func take(_ operation: Encoding.Operation) -> Encoding.Step? {
      guard let step = steps.first, step.operation == operation else { return nil }
      steps.removeFirst()
      return step
    }
    let (lookup, zeros) = (take(.lookup), take(.subtract))
    let divisors = take(.divide)
    guard let scaling = divisors ?? take(.multiply), let block = scaling.block, block > 0 else {
      return nil
    }
    let (factor, offsets) = (take(.multiply), take(.add))
    guard steps.isEmpty, offsets == nil || offsets?.block == block, factor?.block == nil else {
      return nil
    }

    if encoding.bits == 4, divisors == nil, factor == nil, block == 32 || block % 64 == 0 {
      bits = 4
      isLowFirst = encoding.order == .low
      if let lookup {
        guard zeros == nil, offsets == nil, lookup.block == nil,
          stored.components[lookup.operand.component].shape == [16]
        else { return nil }
        kind = .lookup(table: lookup.operand)
      } else {
        guard zeros?.block == nil || zeros?.block == block && zeros?.operand.bits == 4,
          zeros == nil || offsets == nil
        else { return nil }
        kind = .integers(zeros: zeros?.operand, isSingle: zeros?.block == nil)
      }
    } else if encoding.bits == nil, lookup == nil, block >= Self.leastByteBlock {
      (bits, isLowFirst) = (8, false)
      switch stored.components[encoding.component].elementType {
      case .i8 where zeros == nil && offsets == nil:
        kind = .bytes(factor: factor?.operand)
      case .u8 where divisors == nil && factor == nil && zeros?.block == nil:
        guard (zeros == nil) != (offsets == nil) else { return nil }
        kind = .unsignedBytes(zero: zeros?.operand)
      default: return nil
      }
    } else if let width = encoding.bits, (2...7).contains(width), encoding.order == .low,
      divisors == nil, factor == nil, block % Self.leastByteBlock == 0, zeros?.block == nil
    {
      (bits, isLowFirst) = (width, false)
      if let lookup {
        guard width == 4, zeros == nil, offsets == nil, lookup.block == nil,
          stored.components[lookup.operand.component].shape == [16]
        else { return nil }
      }
      kind = .packed(zero: zeros?.operand, table: lookup?.operand)
    } else {
      return nil
    }
    scales = scaling.operand
    isDivided = divisors != nil
    self.offsets = offsets?.operand
    self.block = block
  }
}
