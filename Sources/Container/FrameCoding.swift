// SPDX-License-Identifier: Apache-2.0

import Tensors

/// What can be done to a frame before it is stored. `formats/tone.md`, "A component".
enum FrameCoding: String, Sendable {
  case zstd
  case planes2
  case planes4

  /// The bytes of an element that this coding splits; nil for compression.
  var planeCount: Int? {
    switch self {
    case .zstd: nil
    case .planes2: 2
    case .planes4: 4
    }
  }

  /// What usually pays for numbers of a type: byte planes first where its numbers have exponents.
  static func candidates(for type: ElementType) -> [FrameCoding] {
    switch type {
    case .f16, .bf16: [.planes2, .zstd]
    case .f32: [.planes4, .zstd]
    default: [.zstd]
    }
  }

  /// The codings of those names, or the name of the first that this reader can't undo there: byte
  /// planes come first and compression last, each at most once.
  static func parse(_ names: [String]) -> Result<[FrameCoding], UnknownCoding> {
    var codings: [FrameCoding] = []
    for (position, name) in names.enumerated() {
      guard let coding = FrameCoding(rawValue: name), codings.last != .zstd,
        coding == .zstd || position == 0
      else { return .failure(UnknownCoding(name: name)) }
      codings.append(coding)
    }
    return .success(codings)
  }
}

/// A coding that this reader does not know, or not in that place.
struct UnknownCoding: Error, Equatable { let name: String }
