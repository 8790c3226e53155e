// SPDX-License-Identifier: Apache-2.0

/// Patterns of `tokenizer.json` are written for Oniguruma with Ruby's syntax; this writes them for ICU.
///
/// In Ruby's syntax a plus after an interval repeats it, where ICU takes it for a possessive interval:
/// `\p{N}{1,3}+` finds any number of digits. What is repeated without limit is written as a set, and
/// what is possessive as an atomic group: of these alone ICU repeats without taking memory for each
/// round, so that a megabyte of spaces is no trouble.
struct OnigurumaPattern {
  /// Up to this least count, an interval without a greatest one is written out.
  private static let writtenCount = 16

  private let units: [UInt8]
  private var position = 0
  private var output: [UInt8] = []
  /// Where in the output the thing starts to which a quantifier would belong.
  private var atom: Int?
  /// Whether that thing is one character or set.
  private var isSingle = false
  private var groups: [Int] = []

  /// The pattern as ICU writes it, or nil where that can't be told.
  static func translated(_ pattern: String) -> String? {
    var translation = OnigurumaPattern(units: Array(pattern.utf8))
    return translation.run() ? String(decoding: translation.output, as: UTF8.self) : nil
  }

  private init(units: [UInt8]) { self.units = units }

  private mutating func run() -> Bool {
    while position < units.count {
      switch units[position] {
      case UInt8(ascii: "\\"): escape()
      case UInt8(ascii: "["): emitAtom(to: setEnd, isSingle: true)
      case UInt8(ascii: "("):
        groups.append(output.count)
        emit()
        // What follows a question mark here is no quantifier.
        if position < units.count, units[position] == UInt8(ascii: "?") { emit() }
        atom = nil
      case UInt8(ascii: ")"):
        emit()
        (atom, isSingle) = (groups.popLast(), false)
      case UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "$"):
        emit()
        atom = nil
      case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
        position += 1
        quantify([units[position - 1]])
      case UInt8(ascii: "{"):
        guard interval() else { return false }
      default: emitAtom(to: position + characterLength, isSingle: true)
      }
    }
    return true
  }

  private var characterLength: Int {
    max(UTF8Check.sequenceLength(lead: units[position]), 1)
  }

  private mutating func emit() {
    output.append(units[position])
    position += 1
  }

  private mutating func emitAtom(to end: Int, isSingle: Bool) {
    atom = output.count
    self.isSingle = isSingle
    output.append(contentsOf: units[position..<min(end, units.count)])
    position = min(end, units.count)
  }

  private mutating func escape() {
    guard position + 1 < units.count else { return emit() }
    let letter = units[position + 1]
    var end = position + 2
    switch letter {
    case UInt8(ascii: "s"), UInt8(ascii: "S"), UInt8(ascii: "d"), UInt8(ascii: "D"),
      UInt8(ascii: "w"), UInt8(ascii: "W"):
      atom = output.count
      isSingle = true
      output.append(contentsOf: [UInt8(ascii: "["), UInt8(ascii: "\\"), letter, UInt8(ascii: "]")])
      position = end
      return
    case UInt8(ascii: "p"), UInt8(ascii: "P"), UInt8(ascii: "x"), UInt8(ascii: "u"):
      if end < units.count, units[end] == UInt8(ascii: "{") {
        end = units[end...].firstIndex(of: UInt8(ascii: "}")).map { $0 + 1 } ?? end
      } else if letter == UInt8(ascii: "x") || letter == UInt8(ascii: "u") {
        let limit = end + (letter == UInt8(ascii: "x") ? 2 : 4)
        while end < min(limit, units.count),
          Unicode.Scalar(units[end]).properties.isASCIIHexDigit
        {
          end += 1
        }
      }
    default: end = position + 1 + max(UTF8Check.sequenceLength(lead: letter), 1)
    }
    emitAtom(to: end, isSingle: true)
  }

  /// Where the set that starts here ends; sets nest.
  private var setEnd: Int {
    var depth = 0
    var index = position
    while index < units.count {
      switch units[index] {
      case UInt8(ascii: "\\"): index += 1
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return index + 1 }
      default: break
      }
      index += 1
    }
    return units.count
  }

  /// Writes a quantifier after the last atom.
  private mutating func quantify(_ quantifier: [UInt8]) {
    output.append(contentsOf: quantifier)
    if position < units.count, units[position] == UInt8(ascii: "?") {
      emit()
    } else if position < units.count, units[position] == UInt8(ascii: "+"), let atom {
      position += 1
      output.insert(contentsOf: "(?>".utf8, at: atom)
      output.append(UInt8(ascii: ")"))
    }
    atom = nil
  }

  /// Reads an interval; false where its repetition can't be written.
  private mutating func interval() -> Bool {
    guard let end = units[position...].firstIndex(of: UInt8(ascii: "}")) else {
      output.append(UInt8(ascii: "\\"))
      emitAtom(to: position + 1, isSingle: true)
      return true
    }
    let counts = units[position + 1..<end].split(
      separator: UInt8(ascii: ","), omittingEmptySubsequences: false
    ).map { Int(String(decoding: $0, as: UTF8.self)) }
    let isRepeated = end + 1 < units.count && units[end + 1] == UInt8(ascii: "+")
    let isLazy = end + 1 < units.count && units[end + 1] == UInt8(ascii: "?")
    if isRepeated {
      guard let least = counts[0], least <= 1 else { return false }
      position = end + 2
      quantify([UInt8(ascii: least == 0 ? "*" : "+")])
      return true
    }
    if counts.count == 2, counts[1] == nil, !isLazy, isSingle, let atom, let least = counts[0],
      (0...Self.writtenCount).contains(least)
    {
      var single = Array(output[atom...])
      // A set of one character counts as that character; no text holds half a surrogate pair.
      if single.count == 1 { single = Array("[".utf8) + single + Array(#"\ud800]"#.utf8) }
      output.removeSubrange(atom...)
      for _ in 0..<least { output.append(contentsOf: single) }
      output.append(contentsOf: single + [UInt8(ascii: "*")])
      position = end + 1
    } else {
      output.append(contentsOf: units[position...end])
      position = end + 1
      if isLazy { emit() }
    }
    atom = nil
    return true
  }
}
