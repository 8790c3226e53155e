// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Checkpoints
import Conversion
import Foundation
import Inference
import Tensors
import Tokenization

/// `halftone logits`: what a model predicts after each token, as numbers.
struct LogitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logits",
    abstract: "Write the logits after each token as a safetensors file.",
    discussion: """
      halftone logits model.tone --tokens 0,3145,262 -o logits.safetensors
      halftone logits model/ --text prompt.txt -o logits.safetensors

      The file holds input_ids, I32 [T], and logits, F32 [T, vocabulary].
      """)

  @Argument(help: "The model to run.", completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp("Token ids, separated by commas.", valueName: "ids"),
    transform: { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
        guard let id = Int32(part.trimmingCharacters(in: .whitespaces)) else {
          throw ValidationError("--tokens takes whole numbers separated by commas.")
        }
        return id
      }
    })
  var tokens: [Int32]?

  @Option(
    help: ArgumentHelp("A text, tokenized by the model's own tokenizer.", valueName: "file"),
    completion: .file())
  var text: String?

  @Option(
    name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var output: String

  @OptionGroup var arithmetic: ComputeArguments
  @OptionGroup var work: WorkOptions

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  func validate() throws {
    guard (tokens == nil) != (text == nil) else {
      throw ValidationError("Give exactly one of --tokens and --text.")
    }
  }

  func run() throws {
    let source = try openModel(at: model)
    let ids = try tokens ?? Tokenizer(of: source).encode(TextFile.read(text ?? ""))
    let decoder = try Decoder(source, threads: work.threads, compute: arithmetic.compute)
    let evaluation = try decoder.finishedEvaluation(of: [ids])
    let writer = try SafetensorsWriter(
      path: output,
      tensors: [
        TensorDeclaration(name: "input_ids", elementType: .i32, shape: [ids.count]),
        TensorDeclaration(
          name: "logits", elementType: .f32, shape: [ids.count, decoder.vocabularySize]),
      ], overwrite: overwrite)
    try ids.map(\.littleEndian).withUnsafeBytes { _ = try writer.append($0, to: "input_ids") }
    try evaluation.forEachLogits(of: ids.count, width: decoder.vocabularySize) { rows, logits in
      try decoder.requireFinite(logits, firstRow: rows.lowerBound, windowLength: ids.count)
      _ = try writer.append(UnsafeRawBufferPointer(logits), to: "logits")
    }
    try writer.commit()
    print(
      "\(output): logits of \(ids.count) tokens, \(decoder.vocabularySize) each, "
        + "compute \(arithmetic.compute.rawValue)")
  }
}

extension Evaluation {
  /// Calls `body` with the logits of some rows after the other, so that few are held at a time.
  ///
  /// - Parameter width: the number of logits of a row.
  fileprivate func forEachLogits(
    of rowCount: Int, width: Int,
    _ body: (_ rows: Range<Int>, _ logits: UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    let rowLimit = 64
    var logits = [Float](repeating: 0, count: rowLimit * width)
    for start in stride(from: 0, to: rowCount, by: rowLimit) {
      let rows = start..<min(start + rowLimit, rowCount)
      try logits.withUnsafeMutableBufferPointer { logits in
        let part = UnsafeMutableBufferPointer(rebasing: logits[..<(rows.count * width)])
        try self.logits(of: rows, into: part)
        try body(rows, UnsafeBufferPointer(part))
      }
    }
  }
}
