// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Inference
import Tensors
import Verification

/// How a measurement that takes long or much is run.
struct MeasurementOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep at most this in memory, such as 800MB or 4GiB: weights are read layer by layer.",
      valueName: "size"))
  var memoryLimit: MemorySize?

  @Option(
    help: ArgumentHelp(
      "Keep finished windows in this file, and go on from it if it is there.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var resume: String?

  /// The models that run, within the limit if there is one.
  ///
  /// - Throws: `InferenceError`, or what is wrong with a source.
  func decoders(
    for models: [RunnableModel], windows: [Window], threads: Int
  ) throws -> [Decoder] {
    guard let limit = memoryLimit else {
      return try models.map { try Decoder($0, threads: threads) }
    }
    AnonymousMemory.returnFreedBlocks()
    let length = windows.first?.tokens.count ?? 0
    let rows = windows.first?.scored.count ?? 0
    let plan = try MemoryPlan(
      MemoryPlan.Task(
        models: models, windowCount: windows.count, windowLength: length, threads: threads,
        otherByteCount: AnonymousMemory.current
          + models.reduce(0) {
            $0 + logitByteCount(vocabularySize: $1.vocabularySize, positionsPerWindow: rows)
          } + resultByteCount(windowCount: windows.count, windowLength: length)),
      limit: limit.byteCount)
    return try zip(models, plan.turns(for: models.count)).map {
      try Decoder($0, threads: threads, turns: $1)
    }
  }

  /// Opens the file of a run, where one is named.
  ///
  /// - Throws: `FileError`, `PartError`.
  func resumeFile<Kept: MeasuredWindow>(
    for record: @autoclosure () throws -> WindowRecord<Kept>
  ) throws -> ResumeFile<Kept>? {
    guard let resume else { return nil }
    let file = try ResumeFile(path: resume, for: record())
    Interruption.say("interrupted; finished windows are in \(resume), run the same command again")
    return file
  }
}

extension ResumeFile {
  /// Runs a measurement and brings what it finished to the file, whether it ends well or not.
  func keeping(
    _ measure: (FinishedWindows<Window>, WindowKeeping<Window>) throws -> FinishedWindows<Window>
  ) throws -> FinishedWindows<Window> {
    do {
      let finished = try measure(FinishedWindows(record)) { try self.keep($0) }
      try flush()
      return finished
    } catch {
      try? flush()
      throw error
    }
  }
}

/// An amount of memory: a whole number and a unit.
struct MemorySize: ExpressibleByArgument {
  let byteCount: Int

  private static let units: [(name: String, byteCount: Int)] = [
    ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("B", 1),
  ]

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), number > 0,
      let unit = Self.units.first(where: { $0.name == argument.dropFirst(digits.count) })
    else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit.byteCount)
    guard !overflow, product < 1 << 60 else { return nil }
    byteCount = product
  }
}
