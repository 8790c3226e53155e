// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Checkpoints
import Conversion
import Foundation

/// In which format a model is written.
struct ShardArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep the files of a folder below this size: 5GB, 500MB, or bytes (default: 5GB).",
      valueName: "size"))
  var shardSize: ByteCountArgument?

  @Option(
    help: ArgumentHelp(
      "Write GGUF as several files, each below this size (default: one file).",
      valueName: "size"))
  var splitSize: ByteCountArgument?

  var byteLimit: Int {
    shardSize?.value ?? SafetensorsDirectoryWriter.defaultShardByteLimit
  }
}

/// A number of bytes: `500MB`, in powers of 1000, or `1GiB`, in powers of 1024.
struct ByteCountArgument: ExpressibleByArgument {
  let value: Int

  private static let units: [(suffix: String, byteCount: Int)] = [
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("kB", 1_000),
    ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
  ]

  init?(argument: String) {
    let unit = Self.units.first { argument.hasSuffix($0.suffix) }
    let digits = argument.dropLast(unit?.suffix.count ?? 0)
    guard let count = Int(digits), count > 0 else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit?.byteCount ?? 1)
    guard !overflow else { return nil }
    value = bytes
  }
}
