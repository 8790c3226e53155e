// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A codec of packed four-bit codes into a codebook, scaled by each block's absolute maximum: all but how
/// a weight finds its code.
protocol CodebookCodec: BlockCodec {
  /// The sixteen values.
  static var codebook: [Float] { get }
}

extension CodebookCodec {
  static var codeBits: Int { 4 }
  static var codeType: ElementType { .u8 }
  static var constants: [TensorLayout.Component] { [.constant("codebook", codebook)] }

  static func steps(
    scales: Encoding, zeros: Encoding?, constants: [Int], block: Int
  ) -> [Encoding.Step] {
    [.init(.lookup, Encoding(component: constants[0])), .init(.multiply, scales, block: block)]
  }

  func chooseScales(_ chunk: Chunk, scratch: Scratch) -> Bool { chunk.chooseAbsoluteMaxima() }

  func decode(
    _ codes: UnsafeRawPointer, _ chunk: Chunk, into restored: UnsafeMutablePointer<Float>
  ) {
    chunk.lookUp(codes, in: Self.codebook, into: restored)
  }
}
