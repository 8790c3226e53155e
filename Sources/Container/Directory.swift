// SPDX-License-Identifier: Apache-2.0

import Quantization

/// The directory of a `.tone` file, as its JSON says it. `formats/tone.md`, "Directory".
package struct Directory: Codable, Sendable, Equatable {
  package var tool: String
  package var part: Part
  package var components: [Component]
  package var tensors: [Tensor]
  package var assets: [AssetEntry]
  package var provenance: Provenance

  /// Which part of a set of files this one is.
  package struct Part: Codable, Sendable, Equatable {
    /// From 1.
    package var index: Int
    package var count: Int
    /// Eight hexadecimal digits that all parts of a set share.
    package var set: String

    package init(index: Int, count: Int, set: String) {
      self.index = index
      self.count = count
      self.set = set
    }
  }

  /// One stored array.
  package struct Component: Codable, Sendable, Equatable {
    package var role: String
    package var type: String
    package var shape: [Int]
    package var coding: [String]
    package var frameByteCount: Int
    package var firstFrame: Int
    package var frameCount: Int

    enum CodingKeys: String, CodingKey {
      case role, type, shape, coding
      case frameByteCount = "frame_bytes"
      case firstFrame = "first_frame"
      case frameCount = "frame_count"
    }
  }

  /// One tensor of the model.
  package struct Tensor: Codable, Sendable, Equatable {
    package var name: String
    package var type: String
    package var shape: [Int]
    package var scheme: String
    /// How components become weights, or the word in it that this program does not know.
    package var encoding: Result<Encoding, UnknownEncoding>
    package var reason: String?
    package var statistics: Statistics?

    package init(
      name: String, type: String, shape: [Int], scheme: String, encoding: Encoding,
      reason: String? = nil, statistics: Statistics? = nil
    ) {
      self.name = name
      self.type = type
      self.shape = shape
      self.scheme = scheme
      self.encoding = .success(encoding)
      self.reason = reason
      self.statistics = statistics
    }
  }

  /// What quantization lost in one tensor.
  package struct Statistics: Codable, Sendable, Equatable {
    package var meanSquaredError: Double
    /// Absent where nothing was lost.
    package var sqnr: Double?
    package var maximumAbsoluteError: Double
    package var cosineSimilarity: Double

    enum CodingKeys: String, CodingKey {
      case meanSquaredError = "mean_squared_error"
      case sqnr = "sqnr_db"
      case maximumAbsoluteError = "max_absolute_error"
      case cosineSimilarity = "cosine_similarity"
    }

    /// The figures of a tensor; nil where a sum overflowed, for JSON has no infinity.
    package init?(_ statistics: ErrorStatistics) {
      meanSquaredError = statistics.meanSquaredError
      sqnr = statistics.sqnr
      maximumAbsoluteError = Double(statistics.maximumAbsoluteError)
      cosineSimilarity = statistics.cosineSimilarity
      let figures = [meanSquaredError, sqnr ?? 0, maximumAbsoluteError, cosineSimilarity]
      guard figures.allSatisfy(\.isFinite) else { return nil }
    }
  }

  /// A file that travels with the model.
  package struct AssetEntry: Codable, Sendable, Equatable {
    package var name: String
    package var component: Int

    package init(name: String, component: Int) {
      self.name = name
      self.component = component
    }
  }

  /// What the file was made of.
  package struct Provenance: Codable, Sendable, Equatable {
    package var sources: [SourceFile]
    package var recipe: String?

    package init(sources: [SourceFile], recipe: String? = nil) {
      self.sources = sources
      self.recipe = recipe
    }
  }

  /// One file that tensors were read from.
  package struct SourceFile: Codable, Sendable, Equatable {
    package var name: String
    package var bytes: Int
    /// Eight lower-case hexadecimal digits.
    package var crc32c: String
    package var sha256: String?

    package init(name: String, bytes: Int, crc32c: String, sha256: String? = nil) {
      self.name = name
      self.bytes = bytes
      self.crc32c = crc32c
      self.sha256 = sha256
    }
  }
}
