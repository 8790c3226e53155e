// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// Leaves nothing behind when the user stops the program.
enum Interruption {
  private static let message = Array("\nerror: interrupted; nothing was written\n".utf8)

  /// From now on SIGINT, SIGTERM and SIGHUP remove unfinished files and end the program with code 1.
  static func install() {
    // Both are made now, for a signal handler may allocate nothing.
    _ = UnfinishedFiles.shared
    _ = message
    // Whoever started this program may have blocked the signals, as threads of Dispatch do.
    var numbers = sigset_t()
    sigemptyset(&numbers)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      sigaddset(&numbers, number)
      signal(number) { _ in
        UnfinishedFiles.shared.removeAll()
        Interruption.message.withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) }
        _exit(1)
      }
    }
    pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
    // A pipe that nobody reads any more is an error of write(2), not the end.
    signal(SIGPIPE, SIG_IGN)
  }
}
