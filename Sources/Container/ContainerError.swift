// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Why a `.tone` file can't be read or written.
package enum ContainerError: Error, Equatable {
  /// A file has at least a header and a trailer.
  case tooShort(file: String, byteCount: Int)
  /// A file begins with the magic.
  case notTone(file: String)
  /// A reader knows the major version.
  case unknownVersion(file: String, major: Int, minor: Int)
  /// A file ends with the trailer; one that was cut off does not.
  case noTrailer(file: String, offset: Int)
  /// The trailer states the file's length.
  case wrongLength(file: String, stated: UInt64, actual: Int)
  /// A checksum covers every part of the file.
  case checksum(file: String, part: String, offset: Int)
  /// Reserved fields and the gaps between frames are zero.
  case notZero(file: String, part: String, offset: Int)
  /// The parts of a file lie where the trailer says, within the file.
  case misplaced(file: String, part: String, offset: UInt64)
  /// The directory is JSON of the specified shape.
  case directory(file: String, problem: String)
  /// What the directory says of a component, tensor or asset fits together.
  case inconsistent(file: String, item: String, problem: String)
  /// A frame lies in the data area and overlaps no other.
  case framePlacement(file: String, frame: Int, offset: UInt64, problem: String)
  /// A frame gives exactly the bytes that it stands for.
  case frameContent(file: String, frame: Int, offset: Int, problem: String)
  /// A reader knows how a component is coded.
  case unknownCoding(file: String, item: String, coding: String)
  /// A reader knows every word of a tensor's encoding.
  case unknownEncoding(file: String, item: String, name: String)
  /// The tensor must be in the file.
  case unknownTensor(file: String, tensor: String)
  /// Only a tensor whose numbers stand as they are has stored bytes of its own.
  case notPlain(file: String, tensor: String, scheme: String)
  /// A range of weights lies inside the tensor.
  case elementsOutsideTensor(file: String, tensor: String, elements: Range<Int>, count: Int)
  /// All parts of a set are there, once each, and belong together.
  case parts(file: String, problem: String)
  /// Compression must work.
  case compression(problem: String)
}

extension ContainerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tooShort(let file, let count):
      "\(file): \(count) bytes are too few for a .tone file; copy or convert it again"
    case .notTone(let file):
      "\(file): not a .tone file, for it does not begin with the magic bytes; check the path"
    case .unknownVersion(let file, let major, let minor):
      "\(file): .tone version \(major).\(minor) is newer than this program; update halftone"
    case .noTrailer(let file, let offset):
      "\(file): no trailer at byte \(offset); the file was cut off, so copy or convert it again"
    case .wrongLength(let file, let stated, let actual):
      "\(file): \(actual) bytes long, but its trailer says \(stated); copy or convert it again"
    case .checksum(let file, let part, let offset):
      "\(file): \(part) at byte \(offset) does not match its checksum; the file is damaged, so copy "
        + "or convert it again"
    case .notZero(let file, let part, let offset):
      "\(file): \(part) at byte \(offset) is not zero; the file is damaged, so copy or convert it "
        + "again"
    case .misplaced(let file, let part, let offset):
      "\(file): \(part) at byte \(offset) does not lie where it must; convert the model again"
    case .directory(let file, let problem):
      "\(file): directory: \(problem); convert the model again"
    case .inconsistent(let file, let item, let problem):
      "\(file): \(item): \(problem); convert the model again"
    case .framePlacement(let file, let frame, let offset, let problem):
      "\(file): frame \(frame) at byte \(offset): \(problem); convert the model again"
    case .frameContent(let file, let frame, let offset, let problem):
      "\(file): frame \(frame) at byte \(offset): \(problem); convert the model again"
    case .unknownCoding(let file, let item, let coding):
      "\(file): \(item): this program does not know the coding \(coding.quoted); update halftone"
    case .unknownEncoding(let file, let item, let name):
      "\(file): \(item): this program does not know \(name.quoted) in its encoding; update halftone"
    case .unknownTensor(let file, let tensor):
      "\(file): no tensor '\(tensor)'; halftone inspect --tensors lists those that there are"
    case .notPlain(let file, let tensor, let scheme):
      "\(file): tensor '\(tensor)' is encoded as \(scheme) and has no plain bytes; run halftone "
        + "dequantize first"
    case .elementsOutsideTensor(let file, let tensor, let elements, let count):
      "\(file): tensor '\(tensor)' has \(count) weights, so \(elements) are not among them; ask for "
        + "fewer"
    case .parts(let file, let problem):
      "\(file): \(problem); put all parts of one set, and no others of that name, in one folder"
    case .compression(let problem):
      "zstd: \(problem); use --compression none"
    }
  }
}
