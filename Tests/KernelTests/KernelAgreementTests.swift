// SPDX-License-Identifier: Apache-2.0

import CKernels
import KernelComparison
import Testing

/// The instruction sets that this processor has, besides the portable code.
private var variants: [UnsafePointer<halftone_kernels>] {
  [HALFTONE_ISA_AVX2, HALFTONE_ISA_AVX512, HALFTONE_ISA_NEON]
    .compactMap { halftone_kernels_for($0) }
}

private let kernelCount = sequence(first: 0) { $0 + 1 }.first { kernel_comparison_name($0) == nil }
private let productCount = sequence(first: 0) { $0 + 1 }
  .first { product_comparison_name($0) == nil }

@Suite struct KernelAgreementTests {
  @Test(arguments: 0..<(kernelCount ?? 0))
  func `every instruction set agrees with the portable code bit for bit`(kernel: Int) throws {
    let portable = try #require(halftone_kernels_for(HALFTONE_ISA_SCALAR))
    for variant in variants {
      var result = kernel_compare(kernel, variant, portable)
      #expect(result.cases > 0)
      #expect(result.mismatches == 0, "\(name(of: variant)): \(text(&result.first))")
    }
  }

  @Test func `every kernel of the table is compared`() {
    let pointer = MemoryLayout<UnsafeRawPointer>.size
    #expect(kernelCount == MemoryLayout<halftone_kernels>.size / pointer - 1)
  }

  @Test func `a comparison notices a kernel that differs`() throws {
    let portable = try #require(halftone_kernels_for(HALFTONE_ISA_SCALAR))
    var wrong = portable.pointee
    wrong.encode_nf4 = wrong.encode_fp4
    let nf4 = try #require(
      (0..<64).first { String(cString: kernel_comparison_name($0)) == "encode_nf4" })
    #expect(kernel_compare(nf4, &wrong, portable).mismatches > 0)
  }

  @Test(arguments: 0..<(productCount ?? 0))
  func `products of every instruction set are within their bounds`(product: Int) {
    for isa in [HALFTONE_ISA_SCALAR, HALFTONE_ISA_AVX2, HALFTONE_ISA_AVX512, HALFTONE_ISA_NEON] {
      guard let products = halftone_products_for(isa) else { continue }
      var result = product_compare(product, products)
      #expect(result.cases > 0)
      let name = String(cString: products.pointee.name)
      #expect(result.mismatches == 0, "\(name): \(text(&result.first))")
    }
  }

  @Test func `packed codes are multiplied as the bytes that they stand for, to the last bit`() {
    for isa in [HALFTONE_ISA_SCALAR, HALFTONE_ISA_AVX2, HALFTONE_ISA_AVX512, HALFTONE_ISA_NEON] {
      guard let products = halftone_products_for(isa) else { continue }
      var result = packed_product_compare(products)
      #expect(result.cases > 0)
      let name = String(cString: products.pointee.name)
      #expect(result.mismatches == 0, "\(name): \(text(&result.first))")
    }
  }

  @Test func `a comparison notices products that are not there`() throws {
    var wrong = try #require(halftone_products_for(HALFTONE_ISA_SCALAR)).pointee
    wrong.multiply_exact = { _, _, _, _, _, _, _, _ in }
    #expect(product_compare(0, &wrong).mismatches > 0)
  }
}

@Suite struct KernelSelectionTests {
  @Test func `an unknown name selects nothing`() {
    #expect(halftone_kernels_named("sse9") == nil)
    #expect(halftone_kernels_named("AVX2") == nil)
  }

  @Test func `no name selects the widest set, and a name that set`() throws {
    let widest = try #require(halftone_kernels_named(nil))
    #expect(halftone_kernels_named("") == widest)
    #expect(halftone_kernels_named(widest.pointee.name) == widest)
    let portable = try #require(halftone_kernels_named("scalar"))
    #expect(portable == halftone_kernels_for(HALFTONE_ISA_SCALAR))
    #expect(name(of: portable) == "scalar")
  }

  @Test func `a set of another architecture is not available`() {
    #if arch(x86_64)
      #expect(halftone_kernels_named("neon") == nil)
    #else
      #expect(halftone_kernels_named("avx2") == nil)
      #expect(halftone_kernels_named("avx512") == nil)
    #endif
  }

  @Test func `the active kernels stay the same`() {
    #expect(halftone_kernels_active() == halftone_kernels_active())
  }
}

private func name(of kernels: UnsafePointer<halftone_kernels>) -> String {
  String(cString: kernels.pointee.name)
}

/// The C string in a fixed array of characters.
private func text<Characters>(_ characters: inout Characters) -> String {
  withUnsafeBytes(of: &characters) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
