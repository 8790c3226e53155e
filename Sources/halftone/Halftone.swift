// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Foundation
import Inference
import Tensors

/// The command line. Each subcommand is one file; this one names them, in the order of the data's way.
@main
struct HalftoneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "halftone",
    abstract: "Converts and quantizes language-model checkpoints, and proves the result.",
    discussion: """
      halftone quantize model/ -o model.tone --scheme nf4 --double-quant
      halftone export model.tone --to bitsandbytes -o model-bnb/
      halftone verify model/ model.tone --text eval.txt --html report.html

      A MODEL is a .tone, .safetensors or .gguf file, or a folder with one of the first two.
      Exit codes: 0 done, 1 failed, 2 verification exceeded a limit, 64 wrong usage.
      Shell completions: halftone --generate-completion-script bash (or zsh, fish).
      """,
    version: Tool.version,
    subcommands: [
      InspectCommand.self, QuantizeCommand.self, DequantizeCommand.self, ExportCommand.self,
      CheckCommand.self, ReportCommand.self, VerifyCommand.self, MergeCommand.self,
      PerplexityCommand.self, LogitsCommand.self, GenerateCommand.self, BenchCommand.self,
      TokenizeCommand.self,
    ])

  /// Runs the command; says what went wrong in one line on stderr.
  static func main() {
    BLAS.singleThreaded
    Interruption.install()
    do {
      try Kernels.requireAvailable()
      var command = try parseAsRoot()
      try command.run()
    } catch  where exitCode(for: error) == .failure && !(error is ExitCode) {
      Terminal.finish()
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit(withError: ExitCode.failure)
    } catch {
      Terminal.finish()
      exit(withError: error)
    }
  }
}
