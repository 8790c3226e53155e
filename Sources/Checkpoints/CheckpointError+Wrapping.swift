// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

extension CheckpointError {
  /// The error of a lower layer, as this module reports it.
  ///
  /// - Parameters:
  ///   - file: the file that was being worked on.
  ///   - tensor: the entry of `file` that was being read, if any.
  init(wrapping error: any Error, file: String, tensor: String? = nil) {
    switch error {
    case let error as CheckpointError: self = error
    case let error as FileError: self = .file(error)
    case let error as JSONError: self = .malformed(file: file, tensor: tensor, error)
    default: self = .file(.system(path: file, operation: .read, code: EIO))
    }
  }
}
