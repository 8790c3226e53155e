// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Verification

@Suite struct ResumeTests {
  private struct Stopped: Error {}

  private let divided: DividedRun
  private let folder: TemporaryFolder

  init() throws {
    divided = try DividedRun()
    folder = try TemporaryFolder()
  }

  private func open(
    _ run: MeasuredRun? = nil, part: WindowPart = .whole
  ) throws -> ResumeFile<WindowComparison> {
    try ResumeFile(
      path: folder.path("run.json"), for: WindowRecord(run: run ?? divided.run, part: part))
  }

  @Test(arguments: [1, 3, 8]) func `evaluations of any size give the same windows`(
    size: Int
  ) throws {
    var (original, candidate) = (divided.original, divided.candidate)
    original.windowsPerEvaluation = size
    candidate.windowsPerEvaluation = size
    let found = try compareWindows(
      divided.windows, original: original, candidate: candidate, options: divided.options)
    #expect(found.windows == (try divided.compare(divided.windows)).windows)
  }

  @Test func `a stopped run goes on from its file and gives the same result`() throws {
    let file = try open()
    #expect(throws: Stopped.self) {
      try divided.compare(divided.windows, keep: file.keep) { done, _ in
        if done >= 9 { throw Stopped() }
      }
    }
    try file.flush()

    let resumed = try open()
    #expect(resumed.record.windows.count == 8)
    var first: Int?
    let finished = try divided.compare(
      divided.windows, after: FinishedWindows(resumed.record), keep: resumed.keep
    ) { done, _ in first = first ?? done }
    #expect(first == 8)
    #expect(
      Verification(
        finished.windows, seconds: (0, 0), options: VerificationOptions(perplexity: divided.options)
      )
        == (try divided.whole()))
    // Both runs' seconds count.
    #expect(zip(finished.seconds, resumed.record.seconds).allSatisfy { $0 >= $1 })
  }

  @Test func `windows that are finished are not measured again`() throws {
    var finished = try divided.compare(divided.windows)
    finished.windows[3].originalNLL = 1234
    finished.windows.remove(at: 5)
    let again = try divided.compare(divided.windows, after: finished)
    #expect(again.windows.first { $0.index == 3 }?.originalNLL == 1234)
    #expect(again.windows.map(\.index).sorted() == Array(0..<10))
  }

  @Test func `a perplexity goes on in the same way`() throws {
    let whole = try scoreWindows(divided.windows, by: divided.original, options: divided.options)
    var kept = FinishedWindows<WindowScore>()
    #expect(throws: Stopped.self) {
      try scoreWindows(
        divided.windows, by: divided.original, options: divided.options, keep: { kept = $0 }
      ) { done, _ in if done >= 9 { throw Stopped() } }
    }
    #expect(kept.windows.count == 8)
    let resumed = try scoreWindows(
      divided.windows, by: divided.original, options: divided.options, after: kept)
    #expect(resumed.windows == whole.windows)
    let alone = try measurePerplexity(
      of: divided.original, tokens: divided.tokens, options: divided.options)
    #expect(Perplexity(resumed, options: divided.options).meanNLL == alone.meanNLL)
  }

  @Test func `a file is there from the beginning and stays at the end`() throws {
    let file = try open()
    #expect(try folder.names() == ["run.json"])
    _ = try divided.compare(divided.windows, keep: file.keep)
    try file.flush()
    #expect(try folder.names() == ["run.json"])
    #expect(try open().record.missing.isEmpty)
  }

  @Test func `a file of another run is refused by what differs and left as it is`() throws {
    let file = try open()
    _ = try divided.compare(divided.windows, keep: file.keep)
    try file.flush()
    let before = try folder.contents(of: "run.json")
    var other = divided.run
    other.candidate?.sha256 = "0"
    let path = folder.path("run.json")
    #expect(throws: PartError.differs(path: path, from: nil, in: .candidate)) { try open(other) }
    let part = WindowPart(index: 1, count: 2)
    #expect(throws: PartError.otherPart(path: path, found: .whole, expected: part)) {
      try open(part: part)
    }
    #expect(throws: PartError.self) {
      try ResumeFile(path: path, for: WindowRecord<WindowScore>(run: divided.run))
    }
    #expect(try folder.contents(of: "run.json") == before)
  }

  @Test func `a file that is no record is refused and left as it is`() throws {
    try folder.write("my notes", as: "run.json")
    #expect(throws: PartError.self) { try open() }
    #expect(try folder.contents(of: "run.json") == Data("my notes".utf8))
  }
}

@Suite struct ModelIdentityTests {
  private func identity(_ change: (inout MemorySource) -> Void = { _ in }) throws -> ModelIdentity {
    var source = MemorySource("model")
    source.assets = [Asset(name: "config.json", contents: Data("{}".utf8))]
    source.add("a", [4, 100], (0..<400).map(Float.init))
    change(&source)
    return try ModelIdentity(source)
  }

  @Test func `an identity does not depend on the path`() throws {
    #expect(try identity() == identity { $0.path = "elsewhere" })
  }

  @Test func `configuration, tensors and weights make a model another`() throws {
    let whole = try identity()
    #expect(try whole != identity { $0.assets = [] })
    #expect(try whole != identity { $0.add("b", [1], [0]) })
    var other = MemorySource("model")
    other.assets = [Asset(name: "config.json", contents: Data("{}".utf8))]
    other.add("a", [4, 100], (0..<400).map { $0 == 150 ? -1 : Float($0) })
    #expect(try whole != ModelIdentity(other))
  }
}
