// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Container
import Foundation
import Tensors
import TestSupport

/// The golden files of `formats/vectors`, and what is done to all of them.
enum Vectors {
  static let folder = Fixtures.repository.appending(path: "formats/vectors")

  /// The names of the files in `valid` or `invalid`, without their ending, sorted.
  static func names(in subfolder: String) -> [String] {
    let path = folder.appending(path: subfolder).path
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return files.filter { $0.hasSuffix(".tone") }.map { String($0.dropLast(5)) }.sorted()
  }

  static func path(_ subfolder: String, _ name: String) -> String {
    folder.appending(path: "\(subfolder)/\(name).tone").path
  }

  /// The numbers that the tensors of a valid file hold.
  static func expected(_ name: String) throws -> any ModelSource {
    try SafetensorsModel(path: folder.appending(path: "valid/\(name).safetensors").path)
  }

  /// The rows of a table in the README: the cells of each, without backticks, by file name.
  static func rows() throws -> [String: [String]] {
    let text = try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8)
    var rows: [String: [String]] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map {
        $0.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: "`", with: "")
      }
      rows[cells[0].replacingOccurrences(of: ".tone", with: "")] = cells
    }
    return rows
  }

  /// Opens a model, checks every byte and reads every weight.
  static func readCompletely(_ path: String) throws {
    let model = try ToneModel(path: path)
    for file in model.files { try file.check() }
    for tensor in model.tensors { _ = try model.weights(of: tensor.name) }
  }
}

extension TensorSource {
  /// Weights of a tensor, all unless a range is given.
  func weights(of name: String, in range: Range<Int>? = nil) throws -> [Float] {
    let range = range ?? 0..<(description(of: name)?.elementCount ?? 0)
    return try [Float](unsafeUninitializedCapacity: range.count) { buffer, count in
      try read(name, elements: range, into: buffer)
      count = range.count
    }
  }
}
