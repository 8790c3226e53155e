// SPDX-License-Identifier: Apache-2.0

import Conversion
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Inference

/// Rounding differs in every sum of a network of a few layers.
private let exactTolerance = 1e-5
/// Activations of eight bits, 32 to a step: each is off by 0.3 % of the largest of its group or so.
private let fastTolerance = 0.05

@Suite struct CodedProductTests {
  @Test(arguments: CodedMatrixTests.schemes)
  func `logits straight from the codes are those of the restored weights`(scheme: String) throws {
    try CodedMatrixTests.withCandidate(scheme) { model in
      let dense = try Decoder(model, threads: 2)
      let exact = try Decoder(model, threads: 2, productRule: .coded(.exact))
      let fast = try Decoder(model, threads: 2, productRule: .coded(.fast))
      for length in [1, 16, 17] {
        let window = (0..<length).map { Int32(17 * $0 % 300) }
        let expected = try dense.logits(ofWindow: window)
        try #expect(relativeError(exact.logits(ofWindow: window), expected) < exactTolerance)
        try #expect(relativeError(fast.logits(ofWindow: window), expected) < fastTolerance)
      }
    }
  }

  @Test(arguments: [Arithmetic.exact, .fast])
  func `logits straight from the codes are the same bits for every number of threads`(
    arithmetic: Arithmetic
  ) throws {
    try CodedMatrixTests.withCandidate("nf4") { model in
      let logits = try [1, 2, 7].map {
        try Decoder(model, threads: $0, productRule: .coded(arithmetic))
          .logits(ofWindow: [5, 9, 200])
      }
      #expect(logits[1] == logits[0] && logits[2] == logits[0])
    }
  }
}
