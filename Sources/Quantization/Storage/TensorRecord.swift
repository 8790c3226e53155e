// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A tensor that is to be written: what it is, and what is stored for it.
package struct TensorRecord: Sendable {
  package let tensor: TensorDescription
  /// The scheme's name, or the element type in lower case where the numbers stand as they are.
  package let scheme: String
  package let layout: TensorLayout
  /// Why it got that scheme, in a few words; nil where nobody decided.
  package let reason: String?

  package init(
    tensor: TensorDescription, scheme: String, layout: TensorLayout, reason: String? = nil
  ) {
    self.tensor = tensor
    self.scheme = scheme
    self.layout = layout
    self.reason = reason
  }

  /// The element type in which the numbers stand as they are, or nil where they are encoded.
  package var plainType: ElementType? {
    guard layout.components.count == 1, layout.encoding.bits == nil,
      (layout.encoding.steps ?? []).isEmpty, layout.components[0].shape == tensor.shape
    else { return nil }
    return layout.components[0].elementType
  }
}

/// A tensor that was written.
package struct WrittenTensor: Sendable {
  package let record: TensorRecord
  /// The sink's numbers of the components, in layout order.
  package let components: [Int]
  package let storedByteCount: Int
  /// What was lost; nil where nothing was encoded.
  package let statistics: ErrorStatistics?

  package init(
    record: TensorRecord, components: [Int], storedByteCount: Int, statistics: ErrorStatistics?
  ) {
    self.record = record
    self.components = components
    self.storedByteCount = storedByteCount
    self.statistics = statistics
  }
}

/// What an output is made of and by what, for formats that can say so.
package struct ConversionRecord: Sendable {
  /// One file that was read.
  package struct SourceFile: Sendable, Equatable {
    package var name: String
    package var bytes: Int
    /// Eight lower-case hexadecimal digits.
    package var crc32c: String
    package var sha256: String?

    package init(name: String, bytes: Int, crc32c: String, sha256: String?) {
      self.name = name
      self.bytes = bytes
      self.crc32c = crc32c
      self.sha256 = sha256
    }
  }

  /// The program's name and version.
  package var tool: String
  package var sources: [SourceFile]
  /// The recipe's text, where there was one.
  package var recipe: String?

  package init(tool: String, sources: [SourceFile], recipe: String?) {
    self.tool = tool
    self.sources = sources
    self.recipe = recipe
  }
}
