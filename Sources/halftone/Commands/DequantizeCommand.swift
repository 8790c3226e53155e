// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Tensors

/// `halftone dequantize`: a plain safetensors folder.
struct DequantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dequantize",
    abstract: "Write a model as a plain safetensors folder that every tool reads.",
    discussion: """
      halftone dequantize model.tone -o model-restored/
      halftone dequantize model.tone -o model-f32/ --dtype f32
      """)

  @Argument(help: "The model to read.", completion: .file())
  var model: String

  @Option(
    name: [.short, .long], help: ArgumentHelp("The folder to write.", valueName: "folder"),
    completion: .directory)
  var output: String

  @Option(help: "The type of the weights: bf16, f16 or f32 (default: what each tensor was).")
  var dtype: FloatingType?

  @OptionGroup var work: WorkOptions

  @Flag(help: "Replace an existing folder.")
  var overwrite = false

  enum FloatingType: String, ExpressibleByArgument, CaseIterable { case bf16, f16, f32 }

  func run() throws {
    let line = Terminal.items("dequantizing", "slabs")
    let byteCount = try dequantize(
      modelAt: model, to: output,
      type: dtype.flatMap { ElementType(rawValue: $0.rawValue.uppercased()) },
      threads: work.threads, overwrite: overwrite
    ) { line.show($0.bytesDone, of: $0.bytesInAll) }
    Terminal.finish()
    print("\(output): \(Amount.bytes(byteCount)) of tensors")
  }
}
