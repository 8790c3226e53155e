// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Foundation
import Tensors
import Tokenization

/// `halftone tokenize`: the ids of a text.
struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Print the token ids of a text.",
    discussion: """
      halftone tokenize model/ --string 'Hello, world' --json
      halftone tokenize model.tone --text chapter.txt
      """)

  @Argument(help: "A model, or a folder with nothing but a tokenizer.")
  var model: String

  @Option(help: ArgumentHelp("A file of UTF-8 text.", valueName: "file"))
  var text: String?

  @Option(help: "The text itself.")
  var string: String?

  @Option(
    help: ArgumentHelp(
      "A file with one JSON string on each line; prints one JSON array of ids for each.",
      valueName: "file"))
  var lines: String?

  @Flag(help: "Leave out what the tokenizer adds before and after a text.")
  var noSpecial = false

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard [text, string, lines].compactMap({ $0 }).count == 1 else {
      throw ValidationError("Give exactly one of --text, --string and --lines.")
    }
  }

  func run() throws {
    let tokenizer = try makeTokenizer()
    if let lines {
      let data = try MappedFile(path: lines).withBytes { Data($0) }
      for text in try Tokenizer.jsonLines(from: data, path: lines) {
        print("[\(try encode(text, with: tokenizer, separator: ", "))]")
      }
      return
    }
    let text = try self.text.map(TextFile.read) ?? string ?? ""
    let ids = try encode(text, with: tokenizer, separator: json ? ", " : " ")
    print(json ? "{\"ids\": [\(ids)]}" : ids)
  }

  private func encode(_ text: String, with tokenizer: Tokenizer, separator: String) throws -> String
  {
    try tokenizer.encode(text, addingSpecialTokens: !noSpecial).decimalText(separator: separator)
  }

  /// A folder needs no more than a tokenizer; any other model carries its own.
  private func makeTokenizer() throws -> Tokenizer {
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: model, isDirectory: &isDirectory)
    if exists && (isDirectory.boolValue || Tokenizer.isTokenizerFile(model)),
      try toneFile(inFolder: model) == nil
    {
      return try Tokenizer(at: model)
    }
    return try Tokenizer(of: openModel(at: model))
  }
}
