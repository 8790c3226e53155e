// SPDX-License-Identifier: Apache-2.0

import Quantization
import Runtimes
import Tensors

/// Why a conversion is not begun.
package enum ConversionError: Error, Equatable, CustomStringConvertible {
  /// A tensor can be quantized as the plan says; `file` is the one that holds it.
  case quantization(file: String, QuantizationError)
  /// A format holds what is planned for a model's tensors; `model` is the model that is read.
  case format(model: String, RuntimeError)
  /// A tensor is quantized once, from its original.
  case alreadyQuantized(file: String, tensor: String, scheme: String)
  /// Codes are kept only of tensors that the format holds as they are.
  case arrangedCodes(file: String, tensor: String, scheme: String, format: String)
  /// A part lies between 1 and the number of parts, and no part is empty.
  case part(index: Int, count: Int, tensorCount: Int)
  /// The file of a part is named so that the others find it.
  case partName(output: String, suffix: String)
  /// A weight that is finite is finite in the type that it is restored to.
  case outsideRange(file: String, tensor: String, index: Int, type: ElementType)
  /// A folder that is named as a model holds one.
  case severalModels(folder: String, files: [String])
  /// A format to write is one that exists.
  case unknownFormat(name: String, known: [String])
  /// Only a `.tone` model is written in parts.
  case noParts(format: String)
  /// The output is none of the files that are read.
  case outputIsInput(String)

  package var description: String {
    switch self {
    case .quantization(let file, let error): "\(file): \(error)"
    case .format(let model, let error): "\(model): \(error)"
    case .alreadyQuantized(let file, let tensor, let scheme):
      "\(file): tensor '\(tensor)' is already quantized (\(scheme)), and a second time would lose "
        + "more; start from the original, or allow it with --requantize"
    case .arrangedCodes(let file, let tensor, let scheme, let format):
      "\(file): tensor \(tensor.quoted) is \(scheme), and \(format) holds it in another arrangement, "
        + "in which its codes can't be kept; use halftone quantize --requantize"
    case .part(let index, let count, let tensorCount):
      "part \(index) of \(count) of a model with \(tensorCount) tensors does not exist; use a part "
        + "from 1 to their number, and at most as many parts as tensors"
    case .partName(let output, let suffix):
      "\(output): a part's name must end in \(suffix).tone, so that the other parts are found; "
        + "rename the output"
    case .outsideRange(let file, let tensor, let index, let type):
      "\(file): tensor \(tensor.quoted): weight \(index) is so large that it becomes infinite in "
        + "\(type.rawValue); choose another type with --dtype"
    case .severalModels(let folder, let files):
      "\(folder): holds \(files.count) .tone files (\(files.prefix(3).joined(separator: ", "))"
        + (files.count > 3 ? ", …" : "") + ") that are not parts of one model; name one of them"
    case .unknownFormat(let name, let known):
      "there is no format \(name.quoted) to write; choose one of \(known.joined(separator: ", "))"
    case .noParts(let format):
      "\(format) is not written in parts; leave out --part, or write parts of a .tone model"
    case .outputIsInput(let path):
      "\(path): the output is the input; choose another name"
    }
  }
}
