// SPDX-License-Identifier: Apache-2.0

import CKernels
import KernelComparison
import Testing

private let encoderCount = sequence(first: 0) { $0 + 1 }.first {
  encoder_comparison_name($0) == nil
}

private let quantizerCount = sequence(first: 0) { $0 + 1 }.first {
  quantizer_comparison_name($0) == nil
}

@Suite struct BlockEncoderTests {
  @Test(arguments: 0..<(encoderCount ?? 0))
  func `every instruction set's blocks are the portable code's`(encoder: Int) throws {
    let portable = try #require(halftone_block_encoders_for(HALFTONE_ISA_SCALAR))
    for isa in [HALFTONE_ISA_AVX2, HALFTONE_ISA_AVX512, HALFTONE_ISA_NEON] {
      guard let variant = halftone_block_encoders_for(isa) else { continue }
      let result = encoder_compare(encoder, variant, portable)
      #expect(result.cases > 0)
      #expect(
        result.mismatches == 0,
        "\(String(cString: variant.pointee.name)) \(String(cString: encoder_comparison_name(encoder)))"
      )
    }
  }

  @Test(arguments: 0..<(quantizerCount ?? 0))
  func `every instruction set's one pass gives the portable code's blocks and sums`(
    quantizer: Int
  ) throws {
    let portable = try #require(halftone_block_encoders_for(HALFTONE_ISA_SCALAR))
    for isa in [HALFTONE_ISA_AVX2, HALFTONE_ISA_AVX512, HALFTONE_ISA_NEON] {
      guard let variant = halftone_block_encoders_for(isa) else { continue }
      let result = quantizer_compare(quantizer, variant, portable)
      #expect(result.cases > 0)
      #expect(
        result.mismatches == 0,
        "\(String(cString: variant.pointee.name)) \(String(cString: quantizer_comparison_name(quantizer)))"
      )
    }
  }

  @Test func `every encoder of the table is compared`() {
    let pointer = MemoryLayout<UnsafeRawPointer>.size
    let members = MemoryLayout<halftone_block_encoders>.size / pointer - 1
    #expect((encoderCount ?? 0) + (quantizerCount ?? 0) == members)
  }
}
