// SPDX-License-Identifier: Apache-2.0

/// How the files of a model that is split are named: `model-00002-of-00003.gguf`.
enum GGUFShardName {
  /// What stands behind the name that all files share; `number` counts from 1.
  static func suffix(_ number: Int, of count: Int) -> String {
    "-\(padded(number))-of-\(padded(count)).\(GGUFFormat.fileExtension)"
  }

  /// The path of file `number`, given that of file `known`; nil where that isn't named so.
  static func path(_ number: Int, of count: Int, besides path: String, known: Int) -> String? {
    let suffix = suffix(known, of: count)
    guard path.hasSuffix(suffix) else { return nil }
    return path.dropLast(suffix.count) + Self.suffix(number, of: count)
  }

  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
  }
}
