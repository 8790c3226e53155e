// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Foundation
import Tensors
import Verification

/// The HTML page that a reporting command can write.
struct ReportPage: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write a self-contained HTML report too.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var html: String?

  @Flag(help: "Replace an existing report.")
  var overwrite = false

  var isAsked: Bool { html != nil }

  /// Checks, before long work, that the page can be written.
  ///
  /// - Throws: `FileError`.
  func requireWritable() throws {
    guard let html else { return }
    try AtomicFile(path: html, overwrite: overwrite).abandon()
  }

  /// Writes the page, if one is asked for.
  ///
  /// - Throws: `FileError`, or the template library's error.
  func write(_ report: @autoclosure () throws -> HTMLReport) throws {
    guard let html else { return }
    let file = try AtomicFile(path: html, overwrite: overwrite)
    _ = try file.append(Data(try report().render().utf8))
    try file.commit()
  }
}

extension Provenance {
  /// What a report of two models was made from.
  init(_ original: any ModelSource, _ candidate: any ModelSource, text: String? = nil) {
    self.init(
      original: Subject(original), candidate: Subject(candidate), text: text,
      tool: Tool.nameAndVersion)
  }
}
