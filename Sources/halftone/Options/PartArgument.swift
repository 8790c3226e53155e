// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Verification

/// `I/N`.
struct PartArgument: ExpressibleByArgument {
  let index: Int
  let count: Int

  init?(argument: String) {
    let numbers = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let index = numbers[0], let count = numbers[1], index >= 1,
      count >= index
    else { return nil }
    self.index = index
    self.count = count
  }

  /// A share of the tensors of a model.
  var ofModel: ModelPart { ModelPart(index: index, count: count) }

  /// A share of the windows of a text.
  var ofWindows: WindowPart { WindowPart(index: index, count: count) }
}
