// SPDX-License-Identifier: Apache-2.0

import Foundation

/// An empty folder for one test, removed with everything in it when the object goes.
package final class TemporaryFolder {
  package let path: String

  package init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appending(path: "halftone-test-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  package func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file and returns its path.
  @discardableResult
  package func write(_ contents: Data, as name: String) throws -> String {
    try contents.write(to: URL(filePath: path(name)))
    return path(name)
  }

  /// Writes a text file and returns its path.
  @discardableResult
  package func write(_ text: String, as name: String) throws -> String {
    try write(Data(text.utf8), as: name)
  }

  /// The bytes of a file.
  package func contents(of name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path(name)))
  }

  /// What the folder holds, hidden files included, sorted.
  package func names(in folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted()
  }
}
