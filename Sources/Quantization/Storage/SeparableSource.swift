// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A source whose tensors hold codes and scales interleaved, and that can give them apart.
package protocol SeparableSource: ModelSource {
  /// The tensor of that name with its codes in one component and its scales in others, which take no more
  /// room than it does and mean the same numbers to the last bit; nil where it can't be said so.
  ///
  /// - Throws: the source's error where the tensor is absent.
  func separated(_ name: String) throws -> StoredTensor?
}
