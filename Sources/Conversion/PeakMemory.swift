// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The most anonymous memory that this process was seen to have.
package struct PeakMemory: Sendable {
  /// In bytes.
  package private(set) var byteCount = 0

  package init() { sample() }

  /// Looks once.
  package mutating func sample() { byteCount = max(byteCount, AnonymousMemory.current) }
}
