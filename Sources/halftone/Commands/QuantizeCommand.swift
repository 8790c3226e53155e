// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Container
import Conversion
import Quantization

/// `halftone quantize`: the main job.
struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Quantize a model and write it as one .tone file, or for a runtime.",
    discussion: """
      halftone quantize model/ -o model.tone
      halftone quantize model/ -o model.tone --scheme nf4 --double-quant
      halftone quantize model/ -o model.tone --recipe mix.yaml --dry-run
      halftone quantize model/ -o model-bnb/ --to bitsandbytes --double-quant
      halftone quantize model/ -o model-00002-of-00004.tone --part 2/4

      Linear layers are quantized; embeddings, output head, norms, biases and \
      routers keep their type unless a recipe says otherwise.
      """)

  @Argument(help: "The model to read.", completion: .file())
  var model: String

  @Option(
    name: [.short, .long], help: ArgumentHelp("The file or folder to write.", valueName: "path"),
    completion: .file(extensions: ["tone"]))
  var output: String?

  @Option(
    name: .customLong("to"), help: ArgumentHelp("The format to write.", valueName: "format"))
  var format: FormatArgument = .tone

  @OptionGroup var shards: ShardArguments

  @OptionGroup var schemes: SchemeArguments

  @Option(
    help: ArgumentHelp(
      "auto, none, or a zstd level from 1 to 19; kept only where it pays.",
      valueName: "auto|none|1...19"))
  var compression = CompressionArgument.auto

  @OptionGroup var work: WorkOptions

  @Flag(help: "Keep tensors that hold NaN or infinity in their source type instead of failing.")
  var keepNonFinite = false

  @Flag(help: "Quantize a model again that is quantized already, from the weights that are left.")
  var requantize = false

  @Flag(name: .customLong("sha256"), help: "Record the SHA-256 of every source file too.")
  var recordSHA256 = false

  @Option(help: ArgumentHelp("Write only part I of N.", valueName: "i/n"))
  var part: PartArgument?

  @Flag(help: "Print the plan with sizes and write nothing.")
  var dryRun = false

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    try schemes.validate(for: format.format)
    if output == nil && !dryRun { throw ValidationError("Name the file to write with -o FILE.") }
  }

  func run() throws {
    var options = QuantizeOptions(
      input: model, output: output ?? "",
      recipe: try schemes.resolved(for: format.format))
    options.format = format.name
    options.shardByteLimit = shards.byteLimit
    options.splitByteLimit = shards.splitSize?.value
    options.compression = compression.value
    options.threads = work.threads
    options.overwrite = overwrite
    options.keepsNonFinite = keepNonFinite
    options.requantizes = requantize
    options.recordsSHA256 = recordSHA256
    options.part = part?.ofModel
    if dryRun {
      let source = try openModel(for: options)
      let plan = try makePlan(for: source, options)
      try PlanOutput(plan: plan, source: source, options).show(asJSON: json)
      return
    }
    let line = Terminal.bytes("quantizing")
    let summary = try quantize(options) { line.show($0.bytesDone, of: $0.bytesInAll) }
    Terminal.finish()
    try summary.show(asJSON: json)
  }
}

/// `auto`, `none` or a level.
struct CompressionArgument: ExpressibleByArgument {
  static let auto = CompressionArgument(value: .auto)
  let value: ContainerWriter.Compression

  init(value: ContainerWriter.Compression) { self.value = value }

  init?(argument: String) {
    switch argument {
    case "auto": value = .auto
    case "none": value = .none
    default:
      guard let level = Int(argument), (1...19).contains(level) else { return nil }
      value = .level(level)
    }
  }

  var defaultValueDescription: String { "auto" }
}
