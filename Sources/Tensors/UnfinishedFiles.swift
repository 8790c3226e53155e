// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The paths that have to go when the program is ended before its time.
///
/// ``removeAll()`` may be called in a signal handler: it takes no lock and allocates nothing. Who
/// swaps a path out of its slot owns it, so that a handler and a thread never free it both.
package final class UnfinishedFiles: Sendable {
  /// What ``AtomicFile`` and ``AtomicDirectory`` use unless told otherwise.
  package static let shared = UnfinishedFiles(capacity: 8192)

  /// Where a path is kept; negative where there was no room.
  package struct Token: Sendable {
    fileprivate var slot: Int
  }

  private let capacity: Int
  /// Addresses of C strings, 0 where free.
  ///
  /// Never reallocated, and its elements are atomic.
  private nonisolated(unsafe) let slots: UnsafeMutablePointer<Atomic<UInt>>
  /// What ``removeAll()`` took out of `slots`: a signal handler may not free it, deinit does.
  private nonisolated(unsafe) let removed: UnsafeMutablePointer<Atomic<UInt>>

  package init(capacity: Int) {
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
    removed = .allocate(capacity: capacity)
    for index in 0..<capacity {
      (slots + index).initialize(to: Atomic(0))
      (removed + index).initialize(to: Atomic(0))
    }
  }

  deinit {
    for array in [slots, removed] {
      for index in 0..<capacity { Self.take(index, from: array).map { free($0) } }
      array.deinitialize(count: capacity)
      array.deallocate()
    }
  }

  /// Adds a file or an empty directory that is to be created; O(capacity) at worst.
  ///
  /// Where all slots are taken the path is not added, and stays behind when a signal comes.
  func add(_ path: String) -> Token {
    guard let copy = strdup(path) else { return Token(slot: -1) }
    let address = UInt(bitPattern: copy)
    for index in 0..<capacity where slots[index].load(ordering: .relaxed) == 0 {
      let (exchanged, _) = slots[index].compareExchange(
        expected: 0, desired: address, ordering: .acquiringAndReleasing)
      if exchanged { return Token(slot: index) }
    }
    free(copy)
    return Token(slot: -1)
  }

  /// Takes a path out again, because it is finished or gone.
  func forget(_ token: Token) {
    guard token.slot >= 0 else { return }
    Self.take(token.slot, from: slots).map { free($0) }
  }

  /// Removes every file, then every directory, and forgets them.
  package func removeAll() {
    // On a directory `unlink` fails and does nothing; then its files are gone and `rmdir` works.
    for index in 0..<capacity {
      let address = slots[index].load(ordering: .acquiring)
      if let path = UnsafeMutablePointer<CChar>(bitPattern: address) { unlink(path) }
    }
    for index in 0..<capacity {
      guard let path = Self.take(index, from: slots) else { continue }
      rmdir(path)
      removed[index].store(UInt(bitPattern: path), ordering: .releasing)
    }
  }

  private static func take(
    _ index: Int, from array: UnsafeMutablePointer<Atomic<UInt>>
  ) -> UnsafeMutablePointer<CChar>? {
    UnsafeMutablePointer(bitPattern: array[index].exchange(0, ordering: .acquiringAndReleasing))
  }
}
