// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct ExportTests {
  private static let saved =
    Fixtures.folder.appending(path: "bitsandbytes/models").path

  @Test func `a model goes from safetensors to bitsandbytes to tone and back`() throws {
    let model = try SmallModel()
    let written = try model.run("quantize", "model", "-o", "bnb", "--to", "bitsandbytes")
    #expect(written.status == 0, "\(written.error)")
    #expect(written.output.contains("2 of 4 tensors quantized: nf4, 4.5"))
    #expect(try model.run("export", "bnb", "--to", "tone", "-o", "bnb.tone").status == 0)
    #expect(try model.run("export", "bnb.tone", "--to", "bitsandbytes", "-o", "back").status == 0)
    #expect(
      try model.folder.contents(of: "bnb/model.safetensors")
        == model.folder.contents(of: "back/model.safetensors"))
    let plain = try model.run("export", "bnb", "--to", "safetensors", "-o", "plain")
    #expect(plain.status == 0, "\(plain.error)")
    let again = try model.run("export", "bnb", "--to", "tone", "-o", "bnb.tone")
    #expect(again.status == 1 && again.error.contains("--overwrite"))
    #expect(try model.outputs() == ["back", "bnb", "bnb.tone", "plain"])
  }

  @Test func `a dry run says what changes and writes nothing`() throws {
    let model = try SmallModel()
    let plan = try model.run("quantize", "model", "--to", "bitsandbytes", "--dry-run")
    #expect(plan.status == 0, "\(plan.error)")
    #expect(plan.output.contains("config.json gets a quantization_config for nf4"))
    let saved = "\(Self.saved)/nf4-dq"
    let export = try model.run("export", saved, "--to", "bitsandbytes", "--dry-run", "--json")
    #expect(export.status == 0, "\(export.error)")
    #expect(export.output.contains("codes kept"))
    #expect(try model.outputs().isEmpty)
  }

  @Test(arguments: [
    (["quantize", "model", "--scheme", "int4"], "bitsandbytes can't hold int4"),
    (["quantize", "model", "--part", "1/2"], "is not written in parts"),
  ])
  func `what the format can't hold is refused`(arguments: [String], message: String) throws {
    let model = try SmallModel()
    let outcome = try Program.run(
      arguments + ["--to", "bitsandbytes", "-o", "out"], in: model.folder.path)
    #expect(outcome.status == 1 && outcome.output.isEmpty)
    #expect(outcome.error.contains(message), "\(outcome.error)")
    #expect(try model.outputs().isEmpty)
  }

  @Test func `a report names scales that were transposed on saving, and verify says why not`()
    throws
  {
    let folder = try TemporaryFolder()
    let (source, damaged) = ("\(Self.saved)/source", "\(Self.saved)/nf4-transposed")
    let report = try Program.run(["report", source, damaged, "--json"], in: folder.path)
    #expect(report.status == 0, "\(report.error)")
    #expect(report.output.contains("transposed and rounded to BF16 by bitsandbytes"))
    let sound = try Program.run(["report", source, "\(Self.saved)/nf4", "--json"], in: folder.path)
    #expect(sound.status == 0 && !sound.output.contains("transposed"))
    let restored = try Program.run(["dequantize", damaged, "-o", "out"], in: folder.path)
    #expect(restored.status == 1)
    #expect(restored.error.contains("save it before the first forward pass"))
    let logits = try Program.run(
      ["logits", damaged, "--tokens", "1,2", "-o", "l.safetensors"], in: folder.path)
    #expect(logits.status == 1 && logits.error.contains("first forward pass"))
    #expect(try folder.names().isEmpty)
  }

  @Test func `wrong usage of formats and sizes exits with 64`() throws {
    let model = try SmallModel()
    for arguments in [
      ["quantize", "model", "-o", "x", "--to", "pickle"], ["export", "model", "-o", "x"],
      ["export", "model", "--to", "tone"], ["export", "model", "--to", "what", "-o", "x"],
      ["export", "model", "--to", "bitsandbytes", "-o", "x", "--shard-size", "5XB"],
    ] {
      #expect(try Program.run(arguments, in: model.folder.path).status == 64, "\(arguments)")
    }
    #expect(try model.outputs().isEmpty)
  }
}
