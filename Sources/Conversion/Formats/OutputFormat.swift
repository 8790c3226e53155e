// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A format that models are written in: what it can hold, and the sink that writes it.
///
/// To add one, write its reader and writer in a folder of `Runtimes`, a file beside this one that names
/// them, and a line in ``OutputFormats/all``.
package protocol OutputFormat: Sendable {
  /// The name after `--to`.
  static var name: String { get }

  /// Whether a model may be written in parts by several machines.
  var hasParts: Bool { get }

  /// Fits a plan to the format: tensors that nobody asked to have quantized are kept where the format
  /// can't hold them otherwise.
  ///
  /// - Returns: the entries, and what a user should know of the output, a sentence each.
  /// - Throws: the runtime's error at the first tensor or family that the format can't hold.
  func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String])

  /// Begins an output, of which nothing is seen before it is complete.
  ///
  /// - Throws: the sink's error, also where the output exists.
  func makeSink(
    for plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions
  ) throws -> any TensorSink
}

extension OutputFormat {
  package var hasParts: Bool { false }
}

/// The formats that can be written.
package enum OutputFormats {
  private static let all: [any OutputFormat] = [
    ToneOutput(), BitsandbytesOutput(), CompressedTensorsOutput(), SafetensorsOutput(),
  ]

  /// The names, for help and messages.
  package static let names = all.map { type(of: $0).name }

  /// The format of that name.
  ///
  /// - Throws: ``ConversionError/unknownFormat(name:known:)``.
  static func format(named name: String) throws(ConversionError) -> any OutputFormat {
    guard let format = all.first(where: { type(of: $0).name == name }) else {
      throw .unknownFormat(name: name, known: names)
    }
    return format
  }
}
