// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The first error that happens on any of several threads.
final class FirstError: Sendable {
  private let error = Mutex<(any Error)?>(nil)

  /// Keeps what `body` throws, unless something was thrown before.
  func catching(_ body: () throws -> Void) {
    do { try body() } catch { self.error.withLock { $0 = $0 ?? error } }
  }

  func rethrow() throws {
    if let error = error.withLock({ $0 }) { throw error }
  }
}
