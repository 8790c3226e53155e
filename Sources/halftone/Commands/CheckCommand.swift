// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Container
import Conversion
import Tensors

/// `halftone check`: every checksum and every structural rule.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check every checksum and every structural rule of a file.",
    discussion: """
      halftone check model.tone
      halftone check model/ --json

      A safetensors file has rules but no checksums; a .tone file has both.
      """)

  @Argument(help: "The model to check.", completion: .file())
  var model: String

  @Flag(help: "Print one JSON document.")
  var json = false

  private struct Output: Encodable {
    var path: String
    var format: String
    var tensors: Int
    var bytes: Int
    var frames: Int?
    var ok = true
  }

  func run() throws {
    let source = try openModel(at: model)
    let files = (source as? ToneModel)?.files ?? []
    let line = Terminal.bytes("checking")
    for file in files { try file.check { line.show($0, of: $1) } }
    Terminal.finish()
    let output = Output(
      path: model, format: source.format, tensors: source.tensors.count, bytes: source.byteCount,
      frames: files.isEmpty ? nil : files.reduce(0) { $0 + $1.frameCount })
    if json { return try JSONOutput.print(output) }
    let frames = output.frames.map { ", \($0) frames and every gap checked" } ?? ""
    print(
      "\(model): \(source.format), \(output.tensors) tensors, \(Amount.bytes(output.bytes))\(frames): ok"
    )
  }
}
