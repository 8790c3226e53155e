// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Why a model can't be written for a runtime, or a runtime's files not be read.
package enum RuntimeError: Error, Equatable {
  // MARK: Writing; the model is named by who writes it

  /// The runtime's format has a place for what is stored for a tensor.
  case notHeld(format: String, tensor: String, scheme: String, problem: String, remedy: String)
  /// All quantized tensors of one output are of one kind.
  case mixed(
    format: String, tensor: String, scheme: String, otherTensor: String, otherScheme: String)
  /// The runtime loads such tensors for the model's family.
  case family(format: String, family: String, problem: String)
  /// `config.json`, which tells the runtime how to read the tensors, is there and an object.
  case configuration(problem: String)
  /// The model has the tensors, in the shapes, from which a runtime's tensor is put together.
  case arrangement(tensor: String, problem: String)
  /// An array's place was declared before its bytes come.
  case misplaced(file: String, array: String, problem: String)

  /// llama.cpp loads and runs the model as a GGUF file.
  case gguf(GGUFWritingError)

  // MARK: Reading

  /// The arrays of a tensor fit together and say what they must.
  case malformed(file: String, tensor: String, problem: String)
  /// The scales of a tensor stand in the order in which they were computed.
  case transposedScales(file: String, tensor: String)
  /// Layers are stored as the family's networks have them.
  case transposedLayers(file: String, family: String)
  /// A tensor's codes stand in an order that other formats have, too.
  case notCopied(file: String, tensor: String, problem: String)
  /// `config.json` says of the quantization what is known here.
  case quantization(file: String, problem: String)
  /// Only a tensor whose numbers stand as they are has stored bytes of its own.
  case notPlain(file: String, tensor: String, scheme: String)
  /// A range of weights lies inside the tensor.
  case elementsOutsideTensor(file: String, tensor: String, elements: Range<Int>, count: Int)
}

extension RuntimeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notHeld(let format, let tensor, let scheme, let problem, let remedy):
      "tensor \(tensor.quoted): \(format) can't hold \(scheme): \(problem); \(remedy)"
    case .mixed(let format, let tensor, let scheme, let otherTensor, let otherScheme):
      "tensor \(tensor.quoted) is \(scheme) and tensor \(otherTensor.quoted) is \(otherScheme): "
        + "\(format) loads only models whose quantized tensors are all alike; use one scheme, or keep "
        + "some tensors in their type"
    case .family(let format, let family, let problem):
      "\(format) does not work for the family \(family.quoted): \(problem); write another "
        + "format with --to"
    case .gguf(let error): error.description
    case .configuration(let problem):
      "config.json \(problem); put the model's own config.json beside its tensors"
    case .arrangement(let tensor, let problem):
      "tensor \(tensor.quoted) can't be put together: \(problem); check that the checkpoint is complete "
        + "and that config.json is its own"
    case .misplaced(let file, let array, let problem):
      "\(file): array \(array.quoted): \(problem); report this as a bug"
    case .malformed(let file, let tensor, let problem):
      "\(file): tensor \(tensor.quoted): \(problem); get the file again, or quantize and save the "
        + "model again"
    case .transposedScales(let file, let tensor):
      "\(file): tensor \(tensor.quoted): \(Self.transposedScales)"
    case .transposedLayers(let file, let family):
      "\(file): bitsandbytes stores the layers of the family \(family.quoted) transposed, and they are "
        + "not read; call dequantize() on the model in Transformers and save it plainly"
    case .notCopied(let file, let tensor, let problem):
      "\(file): tensor \(tensor.quoted): \(problem), so its codes can't be copied; run halftone "
        + "dequantize"
    case .quantization(let file, let problem):
      "\(file): quantization_config \(problem); load the model in the program that made it and save it "
        + "dequantized"
    case .notPlain(let file, let tensor, let scheme):
      "\(file): tensor \(tensor.quoted) is encoded as \(scheme) and has no plain bytes; run halftone "
        + "dequantize first"
    case .elementsOutsideTensor(let file, let tensor, let elements, let count):
      "\(file): tensor \(tensor.quoted) has \(count) weights, so \(elements) are not among them; ask "
        + "for fewer"
    }
  }

  /// What happened to scales that bitsandbytes stored after a forward pass on a CPU.
  package static let transposedScales =
    "its scales were transposed and rounded to BF16 by bitsandbytes, which does so in memory at the "
    + "first forward pass on a CPU and saves what it finds there; quantize the original again and save "
    + "it before the first forward pass"
}
