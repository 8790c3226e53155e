// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Tensors

/// Leaves nothing behind when the user stops the program.
enum Interruption {
  /// The bytes that are said at the end, never freed: a signal may come at any time.
  private static let message = Atomic<UInt>(0)

  /// Says what an interruption leaves behind, one line, from now on.
  static func say(_ line: String) {
    let text = strdup("\nerror: \(line)\n")
    message.store(UInt(bitPattern: text), ordering: .releasing)
  }

  /// Whether the user has asked for the end, after ``postpone()``.
  static let isAsked = Atomic<Bool>(false)
  private static let isPostponed = Atomic<Bool>(false)

  /// From now on the first signal is only noted in ``isAsked``, for a command that brings to an end by
  /// itself what it has begun; the second ends the program.
  static func postpone() { isPostponed.store(true, ordering: .releasing) }

  /// From now on SIGINT, SIGTERM and SIGHUP remove unfinished files and end the program with code 1.
  static func install() {
    // All are made now, for a signal handler may allocate nothing.
    _ = UnfinishedFiles.shared
    _ = (isAsked.load(ordering: .relaxed), isPostponed.load(ordering: .relaxed))
    say("interrupted; nothing was written")
    // Whoever started this program may have blocked the signals, as threads of Dispatch do.
    var numbers = sigset_t()
    sigemptyset(&numbers)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      sigaddset(&numbers, number)
      signal(number) { _ in
        if Interruption.isPostponed.exchange(false, ordering: .acquiringAndReleasing) {
          Interruption.isAsked.store(true, ordering: .releasing)
          return
        }
        UnfinishedFiles.shared.removeAll()
        if let text = UnsafePointer<CChar>(
          bitPattern: Interruption.message.load(ordering: .acquiring))
        {
          _ = write(2, text, strlen(text))
        }
        _exit(1)
      }
    }
    pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
    // A pipe that nobody reads any more is an error of write(2), not the end.
    signal(SIGPIPE, SIG_IGN)
  }
}
