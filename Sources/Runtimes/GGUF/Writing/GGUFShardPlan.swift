// SPDX-License-Identifier: Apache-2.0

/// Which tensors go into which of several files, and what these are called.
enum GGUFShardPlan {
  /// All files of a model are open while it is written.
  static let fileLimit = 500

  /// Runs of tensors that stay below the limit together; a larger tensor is alone.
  static func groups(of byteCounts: [Int], limit: Int?) -> [Range<Int>] {
    guard let limit else { return [byteCounts.indices] }
    var bounds = [0]
    var used = 0
    for (index, byteCount) in byteCounts.enumerated() {
      if used > 0, used > limit - byteCount {
        bounds.append(index)
        used = 0
      }
      used += byteCount
    }
    return zip(bounds, bounds.dropFirst() + [byteCounts.count]).map { $0..<$1 }
  }

  /// The path of a file, from 0, given what the user named: `model.gguf` becomes
  /// `model-00001-of-00003.gguf` where there are three.
  static func path(of number: Int, in count: Int, output: String) -> String {
    guard count > 1 else { return output }
    let ending = ".\(GGUFFormat.fileExtension)"
    let stem = output.hasSuffix(ending) ? String(output.dropLast(ending.count)) : output
    return stem + GGUFShardName.suffix(number + 1, of: count)
  }

  /// What each of several files says of itself; nothing where it is the only one.
  static func fields(of number: Int, in count: Int, tensorCount: Int) -> [GGUFField] {
    guard count > 1 else { return [] }
    return [
      GGUFField(GGUFShards.numberKey, .u16(UInt16(truncatingIfNeeded: number))),
      GGUFField(GGUFShards.countKey, .u16(UInt16(truncatingIfNeeded: count))),
      GGUFField(GGUFShards.tensorCountKey, .i32(Int32(truncatingIfNeeded: tensorCount))),
    ]
  }
}
