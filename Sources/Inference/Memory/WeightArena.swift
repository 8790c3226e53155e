// SPDX-License-Identifier: Apache-2.0

/// Memory that holds the weights of one layer at a time, for one model or for several in turns.
///
/// Allocated once, so that its size is what is counted and no page is cleared twice. Who shares it
/// takes care of the turns: a region must not be written while another user computes with it.
final class WeightArena: Sendable {
  /// A part of the arena, from which runs of numbers are taken front to back.
  struct Region {
    let owner: FloatBuffer
    fileprivate var free: Range<Int>

    /// How many numbers can still be taken.
    var count: Int { free.count }

    /// Takes a run that begins at a cache line, or nil where there is too little room.
    mutating func take(_ count: Int) -> UnsafeMutablePointer<Float>? {
      guard count <= free.count else { return nil }
      let start = owner.base + free.lowerBound
      free = min(free.upperBound, free.lowerBound + WeightArena.rounded(count))..<free.upperBound
      return start
    }
  }

  private let buffer: FloatBuffer
  private let sharerCount: Int

  /// - Parameters:
  ///   - count: how many weights it holds.
  ///   - sharerCount: how many models use it.
  init(count: Int, sharerCount: Int) {
    buffer = FloatBuffer(count: count)
    self.sharerCount = sharerCount
  }

  /// All of it.
  var whole: Region { Region(owner: buffer, free: 0..<buffer.count) }

  /// One sharer's own part, for what all of them need at the same time.
  func share(of sharer: Int) -> Region {
    let length = buffer.count / sharerCount / Self.lineCount * Self.lineCount
    return Region(owner: buffer, free: sharer * length..<(sharer + 1) * length)
  }

  private static let lineCount = 16

  /// A number of weights rounded up to whole cache lines.
  static func rounded(_ count: Int) -> Int { (count + lineCount - 1) / lineCount * lineCount }
}
