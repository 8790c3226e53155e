// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import Tensors
import TestSupport
import Testing

@testable import Verification

@Suite struct MergeTests {
  private let divided: DividedRun
  private let folder: TemporaryFolder

  init() throws {
    divided = try DividedRun()
    folder = try TemporaryFolder()
  }

  private func merge(_ names: [String], limits: LimitSet? = nil) throws -> MergedVerification {
    try MergedVerification(names.map(folder.path), limits: limits)
  }

  private func writeParts(of count: Int, limits: LimitSet = LimitSet()) throws -> [String] {
    try (1...count).map { index in
      let name = "\(index).json"
      try folder.write(divided.part(index, of: count, limits: limits), as: name)
      return name
    }
  }

  /// Replaces a text of a part's JSON, which must be there.
  private func change(_ name: String, _ text: String, to other: String) throws {
    let whole = String(decoding: try folder.contents(of: name), as: UTF8.self)
    let range = try #require(whole.range(of: text))
    try folder.write(whole.replacingCharacters(in: range, with: other), as: name)
  }

  private func expect(_ error: PartError, of names: [String]) {
    #expect(throws: error) { try merge(names) }
  }

  // MARK: - What merging gives

  @Test(arguments: [1, 2, 3, 7, 10])
  func `the merged result is the undivided one, in any order`(count: Int) throws {
    let limits = LimitSet(perplexity: 0.01, divergence: 3)
    let names = try writeParts(of: count, limits: limits)
    let whole = try divided.whole(limits: limits)
    for names in [names, names.reversed()] {
      let merged = try merge(names)
      #expect(merged.verification == whole)
      #expect(try jsonText(merged.verification) == jsonText(whole))
    }
  }

  @Test func `seconds add up`() throws {
    try folder.write(divided.part(1, of: 2, seconds: 1.5), as: "1.json")
    try folder.write(divided.part(2, of: 2, seconds: 2), as: "2.json")
    let merged = try merge(["1.json", "2.json"]).verification
    #expect(merged.original.seconds == 3.5)
    #expect(merged.candidate.seconds == 7)
  }

  @Test func `a part prints what verify prints, for its own windows`() throws {
    let part = try divided.part(2, of: 3)
    let own = try JSONDecoder().decode(Verification.self, from: Data(part.utf8))
    #expect(own.original.windows == 3)
    let windows = Array(divided.windows[4..<7])
    let expected = Verification(
      try divided.compare(windows).windows, seconds: (0, 0),
      options: VerificationOptions(perplexity: divided.options))
    #expect(own == expected)
  }

  @Test func `limits are the parts' own unless others are given`() throws {
    let strict = LimitSet(divergence: 0)
    let names = try writeParts(of: 2, limits: strict)
    #expect(try !merge(names).verification.withinLimits)
    #expect(try merge(names, limits: LimitSet(divergence: 100)).verification.withinLimits)
    try folder.write(divided.part(2, of: 2), as: "2.json")
    expect(
      .differs(path: folder.path("2.json"), from: folder.path("1.json"), in: .limits), of: names)
    #expect(try merge(names, limits: LimitSet()).verification.withinLimits)
  }

  @Test func `the worst position's tokens come as the parts had them`() throws {
    let merged = try merge(writeParts(of: 3))
    let worst = try #require(merged.verification.divergence.worst)
    #expect(merged.decode([worst.token]) == "<\(worst.token)>")
    #expect(merged.decode([99, 98]) == "99 98")
    #expect(merged.provenance.candidate.path == "candidate.tone")
  }

  // MARK: - What is refused

  @Test func `missing, double and foreign parts are named`() throws {
    let names = try writeParts(of: 3)
    expect(.missingParts([2], count: 3), of: ["3.json", "1.json"])
    expect(
      .duplicatePart(index: 2, path: folder.path("2.json"), other: folder.path("2.json")),
      of: names + ["2.json"])
    try folder.write(divided.part(2, of: 4), as: "other.json")
    expect(
      .otherPart(
        path: folder.path("other.json"), found: WindowPart(index: 2, count: 4),
        expected: WindowPart(index: 2, count: 3)),
      of: ["1.json", "other.json", "3.json"])
    #expect(throws: FileError.self) { try merge(["none.json"]) }
  }

  @Test func `every aspect of a run is compared`() throws {
    var digest = divided.run.model
    digest.sha256 = "0"
    let changes: [(MeasuredRun.Aspect, (inout MeasuredRun) -> Void)] = [
      (.tool, { $0.tool = "halftone 9" }), (.model, { $0.model = digest }),
      (.candidate, { $0.candidate = digest }), (.candidate, { $0.candidate = nil }),
      (.text, { $0.text.sha256 = "0" }), (.context, { $0.context = 17 }),
      (.scoring, { $0.scoring = .llamaCpp }), (.windowCount, { $0.windowCount = 11 }),
      (.compute, { $0.compute = .bf16 }), (.compute, { $0.originalCompute = .f16 }),
    ]
    for (aspect, change) in changes {
      var other = divided.run
      change(&other)
      #expect(other.difference(from: divided.run) == aspect)
    }
    var moved = divided.run
    moved.model.subject.path = "elsewhere"
    moved.text.path = "elsewhere.txt"
    #expect(moved.difference(from: divided.run) == nil)
    let names = try writeParts(of: 2)
    try change("2.json", divided.run.text.sha256, to: "0")
    expect(.differs(path: folder.path("2.json"), from: folder.path("1.json"), in: .text), of: names)
  }

  @Test(arguments: [
    (#""count" : 15"#, #""count" : 14"#, "count"),
    (#""agreements" : "#, #""agreements" : -"#, "agreements"),
    (#""agreements" : "#, #""agreements" : 9"#, "agreements"),
    (#""divergences" : ["#, #""divergences" : [ 0, "#, "divergences"),
    (#""originalNLL" : "#, #""originalNLL" : 1e300, "x" : "#, "originalNLL"),
    (
      #""squaredProbabilityChange" : "#, #""squaredProbabilityChange" : -1"#,
      "squaredProbabilityChange"
    ),
    (#""noise" : "#, #""noise" : -1"#, "layers"),
    (#""position" : "#, #""position" : 99"#, "worst"),
  ])
  func `a value that no measurement gives is named`(text: String, other: String, key: String) throws
  {
    let names = try writeParts(of: 1)
    // The first place among the windows themselves.
    let whole = String(decoding: try folder.contents(of: "1.json"), as: UTF8.self)
    let start = try #require(whole.range(of: #""measured""#)).upperBound
    let windows = try #require(whole.range(of: #""windows" : ["#, range: start..<whole.endIndex))
    let range = try #require(whole.range(of: text, range: windows.upperBound..<whole.endIndex))
    try folder.write(whole.replacingCharacters(in: range, with: other), as: "1.json")
    expect(.impossibleValue(path: folder.path("1.json"), key: key, window: 0), of: names)
  }

  @Test(arguments: [("99999999999999", "run.windows"), ("0", "run.windows"), ("1", "part.count")])
  func `absurd counts are refused`(count: String, key: String) throws {
    _ = try writeParts(of: 2)
    let whole = String(decoding: try folder.contents(of: "1.json"), as: UTF8.self)
    let run = try #require(whole.range(of: #""run" : {"#)).upperBound
    let range = try #require(
      whole.range(of: #""windows" : 10"#, range: run..<whole.endIndex))
    try folder.write(
      whole.replacingCharacters(in: range, with: "\"windows\" : \(count)"), as: "1.json")
    expect(.impossibleValue(path: folder.path("1.json"), key: key, window: nil), of: ["1.json"])
  }

  @Test func `a window too few is refused`() throws {
    let part = WindowPart(index: 1, count: 1)
    var record = WindowRecord<WindowComparison>(run: divided.run, part: part)
    record.add(try divided.compare(divided.windows))
    record.windows.removeLast()
    try folder.write(
      jsonText(VerificationPart(record, limits: LimitSet()) { _ in "" }), as: "1.json")
    expect(.unfinished(path: folder.path("1.json"), missing: 1), of: ["1.json"])
  }

  @Test(arguments: [
    "", "{", "[]", "3", "{}", #"{"measured":{}}"#, #"{"measured":{},"measured":{}}"#,
    #"{"measured":NaN}"#, String(repeating: "[", count: 100_000),
  ])
  func `what is no part is refused by the file's name`(text: String) throws {
    try folder.write(text, as: "1.json")
    let error = #expect(throws: PartError.self) { try merge(["1.json"]) }
    let message = try #require(error).description
    #expect(message.hasPrefix(folder.path("1.json") + ": "))
    #expect(message.contains("pass what `halftone verify --part I/N --json` printed"))
  }

  @Test func `numbers that JSON does not have are refused`() throws {
    _ = try writeParts(of: 1)
    for number in ["NaN", "Infinity", "1e999", "-1e999"] {
      let names = try writeParts(of: 1)
      try change("1.json", #""nllDifference" : "#, to: "\"nllDifference\" : \(number), \"x\" : ")
      #expect(throws: PartError.self) { try merge(names) }
    }
  }
}
