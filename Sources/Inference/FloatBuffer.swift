// SPDX-License-Identifier: Apache-2.0

/// Numbers at a fixed, cache-line-aligned address, freed with the object.
///
/// Not initialized: who allocates it writes before reading. Threads that share one write to
/// disjoint ranges of it, which is what `@unchecked Sendable` rests on.
final class FloatBuffer: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    base = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  /// A copy of `numbers`.
  convenience init(_ numbers: [Float]) {
    self.init(count: numbers.count)
    _ = all.update(fromContentsOf: numbers)
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  var byteCount: Int { max(count, 1) * MemoryLayout<Float>.stride }

  var all: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }
}
