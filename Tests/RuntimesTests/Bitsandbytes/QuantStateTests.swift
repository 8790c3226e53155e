// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Runtimes

@Suite struct QuantStateTests {
  /// By Python 3.11: `repr(x)`.
  @Test(arguments: [
    (0.0, "0.0"), (1.0, "1.0"), (-0.5, "-0.5"), (5e-05, "5e-05"), (0.0001, "0.0001"),
    (0.00012345, "0.00012345"), (1.5e-07, "1.5e-07"), (1e16, "1e+16"), (1e15, "1000000000000000.0"),
    (123456789012345680.0, "1.2345678901234568e+17"), (9999999999999998.0, "9999999999999998.0"),
    (0.051454924046993256, "0.051454924046993256"),
    (3.4028234663852886e38, "3.4028234663852886e+38"),
    (1.401298464324817e-45, "1.401298464324817e-45"), (100.0, "100.0"), (1e100, "1e+100"),
    (0.12310218811035156, "0.12310218811035156"), (-12.5, "-12.5"),
  ])
  func `a number is written as Python writes it`(number: Double, text: String) {
    #expect(number.pythonText == text)
    #expect(text.utf8.count <= QuantState.longestNumber)
  }

  @Test func `the text is that of Python's json dumps`() {
    var state = QuantState(quantType: "nf4", blockSize: 64, dtype: "bfloat16", shape: [128, 320])
    #expect(
      state.text
        == #"{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [128, 320]}"#)
    state.nestedBlockSize = 256
    state.nestedDtype = "float32"
    state.nestedOffset = 0.051454924046993256
    #expect(
      state.text
        == #"{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [128, 320], "#
        + #""nested_blocksize": 256, "nested_dtype": "float32", "#
        + #""nested_offset": 0.051454924046993256}"#)
    #expect(parse(state.text).state == state)
  }

  @Test(arguments: [
    ("", "malformed JSON"), ("[]", "malformed JSON"), (#"{"quant_type": "nf4"}"#, "lacks a key"),
    (#"{"quant_type": "nf4", "extra": 1}"#, "unknown key 'extra'"),
    (#"{"quant_type": "nf4", "quant_type": "nf4"}"#, "malformed JSON"),
    (#"{"quant_type": "nf4", "blocksize": 64, "dtype": "x", "shape": [1.5]}"#, "wrong kind"),
    (#"{"quant_type": "nf4", "blocksize": 1e999, "dtype": "x", "shape": [1]}"#, "wrong kind"),
    (#"{"nested_offset": NaN}"#, "malformed JSON"),
  ])
  func `a description that is none is refused`(text: String, problem: String) {
    let (state, found) = parse(text)
    #expect(state == nil)
    #expect(found.contains(problem), "\(found)")
  }

  private func parse(_ text: String) -> (state: QuantState?, problem: String) {
    Array(text.utf8).withUnsafeBytes { QuantState.parse($0) }
  }
}
