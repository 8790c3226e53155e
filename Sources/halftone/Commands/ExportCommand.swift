// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Quantization
import Tensors

/// `halftone export`: the same codes in another format.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model in another format and keep its codes.",
    discussion: """
      halftone export model.tone --to bitsandbytes -o model-bnb/
      halftone export somebody-elses-model/ --to tone -o model.tone
      halftone export model.tone --to safetensors -o model-restored/
      halftone export model.tone --to bitsandbytes --dry-run

      Codes and scales are copied, so nothing is lost a second time; what the \
      format can't hold is refused before anything is written. Only to \
      safetensors, which holds plain numbers, are weights restored.
      """)

  @Argument(help: "The model to read.", completion: .file())
  var model: String

  @Option(
    name: .customLong("to"), help: ArgumentHelp("The format to write.", valueName: "format"))
  var format: FormatArgument

  @Option(
    name: [.short, .long], help: ArgumentHelp("The file or folder to write.", valueName: "path"),
    completion: .file())
  var output: String?

  @OptionGroup var shards: ShardArguments

  @Option(
    help: ArgumentHelp(
      "For tone: auto, none, or a zstd level from 1 to 19; kept only where it pays.",
      valueName: "auto|none|1...19"))
  var compression = CompressionArgument.auto

  @OptionGroup var work: WorkOptions

  @Flag(help: "Print what would become of every tensor and write nothing.")
  var dryRun = false

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    if output == nil && !dryRun { throw ValidationError("Name the output with -o PATH.") }
  }

  func run() throws {
    var options = QuantizeOptions(
      input: model, output: output ?? "", recipe: Recipe(linearLayers: .keep))
    options.format = format.name
    options.shardByteLimit = shards.byteLimit
    options.splitByteLimit = shards.splitSize?.value
    options.compression = compression.value
    options.threads = work.threads
    options.overwrite = overwrite
    if dryRun {
      let source = try openModelForExport(options)
      let plan = try makeExportPlan(for: source, options)
      return try PlanOutput(plan: plan, source: source, options).show(asJSON: json)
    }
    let line = Terminal.bytes("exporting")
    let summary = try export(options) { line.show($0.bytesDone, of: $0.bytesInAll) }
    Terminal.finish()
    try summary.show(asJSON: json)
  }
}
