// SPDX-License-Identifier: Apache-2.0

/// Patterns of `tokenizer.json` are written for Oniguruma with Ruby's syntax; this is where it differs
/// from ICU's.
enum OnigurumaPattern {
  /// The pattern as ICU writes it, or nil where that can't be told.
  ///
  /// In Ruby's syntax a plus after an interval repeats it, where ICU takes it for a possessive
  /// interval: `\p{N}{1,3}+` finds any number of digits, not three at most.
  static func translated(_ pattern: String) -> String? {
    var result: [UInt8] = []
    let units = Array(pattern.utf8)
    var position = 0
    var classDepth = 0
    while position < units.count {
      let unit = units[position]
      switch unit {
      case UInt8(ascii: "\\"):
        // The braces of \p{L} and \x{41} are no interval's.
        var end = min(position + 2, units.count)
        if end < units.count, units[end] == UInt8(ascii: "{"), "pPx".utf8.contains(units[end - 1]) {
          end = units[end...].firstIndex(of: UInt8(ascii: "}")).map { $0 + 1 } ?? end
        }
        result.append(contentsOf: units[position..<end])
        position = end
        continue
      case UInt8(ascii: "["): classDepth += 1
      case UInt8(ascii: "]"): classDepth = max(classDepth - 1, 0)
      case UInt8(ascii: "{") where classDepth == 0:
        guard let (least, end) = repeatedInterval(units[position...]) else { break }
        guard least <= 1 else { return nil }
        result.append(least == 0 ? UInt8(ascii: "*") : UInt8(ascii: "+"))
        position = end
        continue
      default: break
      }
      result.append(unit)
      position += 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The least count of an interval that a plus follows, and where that plus ends.
  private static func repeatedInterval(_ units: ArraySlice<UInt8>) -> (least: Int, end: Int)? {
    guard let close = units.firstIndex(of: UInt8(ascii: "}")), close + 1 < units.endIndex,
      units[close + 1] == UInt8(ascii: "+")
    else { return nil }
    let counts = units[units.startIndex + 1..<close].split(
      separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard let first = counts.first, let least = Int(String(decoding: first, as: UTF8.self)) else {
      return nil
    }
    return (least, close + 2)
  }
}
