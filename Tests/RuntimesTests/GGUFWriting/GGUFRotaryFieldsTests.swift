// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Tokenization

@testable import Runtimes

/// Scalings of rotary positions as metadata and tensors.
@Suite struct GGUFRotaryFieldsTests {
  /// Numbers of llama.cpp's converter for a base of 500,000, heads of 16 and this rule.
  private static let llama3 = """
    {"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
     "original_max_position_embeddings":128}
    """
  private static let llama3Divisors: [Float] = [
    1, 1.0146304368972778, 8, 8, 8, 8, 8, 8,
  ]

  private func fields(
    _ scaling: String, family: GGUFFamily = .llama, others: String = ""
  ) throws -> GGUFRotaryFields {
    let json = """
      {"hidden_size":64,"num_attention_heads":4,"max_position_embeddings":256,
       "rope_theta":500000.0,"rope_scaling":\(scaling)\(others)}
      """
    let configuration = GGUFCheckpointConfiguration(
      try JSONReader.read(Data(json.utf8), path: "config.json"))
    return try GGUFRotaryFields(
      configuration, baseName: "rope_theta", otherwise: 10_000, family: family,
      sizes: GGUFSizes(configuration, family: family))
  }

  private func values(_ fields: GGUFRotaryFields) -> [String: GGUFField.Value] {
    Dictionary(uniqueKeysWithValues: fields.values.map { ($0.key, $0.value) })
  }

  @Test func `linear scaling is a type and a factor`() throws {
    let found = values(try fields(#"{"type":"linear","factor":4}"#))
    #expect(found["rope.scaling.type"] == .text("linear"))
    #expect(found["rope.scaling.factor"] == .f32(4))
    #expect(found["rope.freq_base"] == .f32(500_000))
  }

  @Test func `LLaMA 3's scaling is the converter's tensor`() throws {
    let found = try fields(Self.llama3)
    #expect(found.extras.map(\.name) == ["rope_freqs.weight"])
    #expect(found.extras.first?.numbers == Self.llama3Divisors)
    #expect(found.values.count == 1)
  }

  @Test func `what sharpens attention is said beside YaRN's own rule`() throws {
    let found = values(
      try fields(
        #"{"type":"yarn","factor":4,"attention_factor":1.3,"original_max_position_embeddings":64}"#
      ))
    #expect(found["rope.scaling.original_context_length"] == .u32(64 as UInt32))
    let rule = 0.1 * log(4.0) + 1
    #expect(found["rope.scaling.attn_factor"] == .f32(Float(1.3 / rule)))
  }

  @Test func `ramps that llama cpp does not read are refused`() throws {
    #expect(
      throws: GGUFWritingError.option(
        key: "rope_scaling.beta_fast", found: "24.0", problem: "llama.cpp always takes 32.0")
    ) { try fields(#"{"type":"yarn","factor":4,"beta_fast":24}"#) }
  }

  @Test func `factors of long texts are two tensors and one number`() throws {
    let found = try fields(
      #"{"type":"longrope","short_factor":[1,1.5],"long_factor":[2,3]}"#, family: .phi3,
      others: #","original_max_position_embeddings":64"#)
    #expect(
      found.extras.map(\.name) == ["rope_factors_long.weight", "rope_factors_short.weight"])
    #expect(found.extras.map(\.numbers) == [[2, 3], [1, 1.5]])
    let sharpening = (1 + log(4.0) / log(64.0)).squareRoot()
    #expect(values(found)["rope.scaling.attn_factor"] == .f32(Float(sharpening)))
  }

  @Test func `dynamic scaling is noted, for a file has none`() throws {
    #expect(try fields(#"{"type":"dynamic","factor":2}"#).notes.count == 1)
  }
}
