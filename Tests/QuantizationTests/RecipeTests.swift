// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@Suite struct RecipeTests {
  private static let fallback = Recipe.Choice.scheme(name: "fp4", options: SchemeOptions())

  private func read(_ yaml: String) throws -> Recipe {
    try Recipe(yaml: yaml, path: "mix.yaml", fallback: Self.fallback)
  }

  @Test func `every key is understood, and the text is kept`() throws {
    let text = """
      scheme: nf4
      block_size: 128
      double_quant: true
      rules:
        - match: "*.down_proj.weight"
          scheme: int8
          block_size: 32
          double_quant: false
        - match: lm_head.weight
          scheme: int8-row
        - {match: "*.norm.weight", scheme: keep}
      """
    let recipe = try read(text)
    #expect(
      recipe.linearLayers
        == .scheme(name: "nf4", options: SchemeOptions(blockSize: 128, doubleQuantization: true)))
    #expect(
      recipe.rules == [
        Recipe.Rule(
          pattern: "*.down_proj.weight",
          choice: .scheme(name: "int8", options: SchemeOptions(blockSize: 32))),
        Recipe.Rule(
          pattern: "lm_head.weight", choice: .scheme(name: "int8-row", options: SchemeOptions())),
        Recipe.Rule(pattern: "*.norm.weight", choice: .keep),
      ])
    #expect(recipe.text == text)
  }

  @Test func `what a recipe does not say comes from the options`() throws {
    let recipe = try read("rules: [{match: '*.bias', scheme: keep}]")
    #expect(recipe.linearLayers == Self.fallback)
    #expect(try read("scheme: keep").linearLayers == .keep)
    #expect(try read("scheme: keep").rules.isEmpty)
  }

  @Test func `the recipe of the document is understood`() throws {
    let document = try String(
      contentsOf: Fixtures.repository.appending(path: "formats/recipes.md"), encoding: .utf8)
    let yaml = document.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }.joined(separator: "\n")
    #expect(try read(yaml).rules.count == 3)
    for name in Schemes.names + ["keep"] { #expect(document.contains("`\(name)`")) }
  }

  @Test(arguments: [
    ("schema: nf4", "unknown key 'schema'"),
    ("rules: [{match: a, scheme: keep, blocksize: 64}]", "unknown key 'blocksize'"),
    ("rules: [{match: a}]", "rule 1 ('a') lacks 'scheme'"),
    ("rules: [{scheme: nf4}]", "'rules 1' lacks 'match'"),
    ("rules: nf4", "'rules' has a value of the wrong kind"),
    ("block_size: many\nscheme: nf4", "'block_size' has a value of the wrong kind"),
    ("block_size: 128", "the recipe has 'block_size' or 'double_quant' but lacks 'scheme'"),
    (
      "scheme: keep\nblock_size: 128",
      "the recipe: 'keep' goes with neither 'block_size' nor 'double_quant'"
    ),
    (
      "scheme: nf5",
      "the recipe: there is no scheme 'nf5'; choose one of nf4, fp4, int8, int8-row, int4, w4a16, w8a16, "
        + "w4a16-asym, fp8, nvfp4, mxfp4, mxfp4-mlx, affine2, affine3, affine4, affine5, affine6, affine8, f16, "
        + "bf16, f32, keep"
    ),
    (
      "rules: [{match: a, scheme: keep}, {match: b, scheme: nf4, block_size: 48}]",
      "rule 2 ('b'): block size 48 is not a power of two from 32 to 4096; use 64 unless you know "
        + "better"
    ),
    (
      "rules: [{match: a, scheme: int4, double_quant: true}]",
      "rule 1 ('a'): scheme int4 has no absolute maxima to quantize a second time; leave out double "
        + "quantization, or use nf4, fp4, int8 or int8-row"
    ),
    (
      "rules: [{match: a, scheme: int8-row, block_size: 64}]",
      "rule 1 ('a'): scheme int8-row has no blocks; leave out the block size"
    ),
    (
      "scheme: [nf4", "line 2, column 1 is not YAML: did not find expected ',' or ']'"
    ),
    ("scheme: nf4\nscheme: fp4", "the mapping at line 1 repeats the key 'scheme'"),
    ("", "the recipe has a value of the wrong kind"),
    ("- a", "the recipe has a value of the wrong kind"),
  ])
  func `a recipe that can't be followed is refused in one line`(
    yaml: String, problem: String
  ) throws {
    let error = QuantizationError.recipe(path: "mix.yaml", problem: problem)
    #expect(throws: error) { try read(yaml) }
    #expect(error.description.hasPrefix("mix.yaml: \(problem); "))
    #expect(!error.description.contains("\n"))
  }

  @Test(arguments: [
    (QuantizationError.blockSize(48), "nf4", SchemeOptions(blockSize: 48)),
    (.noBlocks(scheme: "int8-row"), "int8-row", SchemeOptions(blockSize: 64)),
    (.noBlocks(scheme: "bf16"), "bf16", SchemeOptions(blockSize: 64)),
    (.noDoubleQuantization(scheme: "int4"), "int4", SchemeOptions(doubleQuantization: true)),
    (.noDoubleQuantization(scheme: "f32"), "f32", SchemeOptions(doubleQuantization: true)),
    (.unknownScheme(name: "q4", known: Schemes.names), "q4", SchemeOptions()),
  ])
  func `an option that does not go with a scheme is refused`(
    error: QuantizationError, name: String, options: SchemeOptions
  ) {
    #expect(throws: error) { try Schemes.scheme(named: name, options: options) }
  }
}
