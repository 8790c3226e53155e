// SPDX-License-Identifier: Apache-2.0

import Tensors

/// What was being read when a rule was found broken.
package enum GGUFPlace: Sendable, Equatable {
  /// The magic, the version and the two counts.
  case header
  /// The name of the metadata entry of that number, from 0.
  case keyName(Int)
  /// A metadata entry.
  case key(String)
  /// The name of the tensor of that number, from 0.
  case tensorName(Int)
  /// What the file says of a tensor.
  case tensor(String)

  /// In the words of an error message.
  var text: String {
    switch self {
    case .header: "the header"
    case .keyName(let index): "the name of metadata entry \(index)"
    case .key(let key): "metadata \(key.quoted)"
    case .tensorName(let index): "the name of tensor \(index)"
    case .tensor(let name): "tensor \(name.quoted)"
    }
  }
}
