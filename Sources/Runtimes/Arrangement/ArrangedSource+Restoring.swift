// SPDX-License-Identifier: Apache-2.0

import Tensors

extension ArrangedSource {
  /// A source in which encoded tensors count by their weights, in the element type that they had before
  /// they were quantized.
  ///
  /// - Throws: ``RuntimeError/arrangement(tensor:problem:)``.
  package init(restoring source: any ModelSource) throws(RuntimeError) {
    try self.init(source, source.tensors.map { Arrangement(asIs: $0) }, restoring: true)
  }
}
