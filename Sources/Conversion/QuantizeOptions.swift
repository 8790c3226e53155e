// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Container
import Foundation
import Quantization

/// What the user asks of one quantization.
package struct QuantizeOptions: Sendable {
  /// The model to read.
  package var input: String
  /// The file or folder to write.
  package var output: String
  package var recipe: Recipe
  /// The name of the format to write, one of ``OutputFormats/names``.
  package var format = ToneOutput.name
  /// The size in bytes that the files of a folder are kept below, where a format has such files.
  package var shardByteLimit = SafetensorsDirectoryWriter.defaultShardByteLimit
  /// The size in bytes that each of several GGUF files is kept below; nil for one file.
  package var splitByteLimit: Int?
  package var compression: ContainerWriter.Compression = .auto
  /// How many threads work.
  package var threads = ProcessInfo.processInfo.activeProcessorCount
  /// Whether an existing output may be replaced.
  package var overwrite = false
  /// Whether tensors with NaN or infinity stay in their source type, instead of being an error.
  package var keepsNonFinite = false
  /// Whether a model that is quantized already may be quantized again, from the weights that are left.
  package var requantizes = false
  /// Whether the SHA-256 of every source file is recorded too.
  package var recordsSHA256 = false
  /// Which part of the model to write; nil: all of it, in one file.
  package var part: ModelPart?

  package init(input: String, output: String, recipe: Recipe) {
    self.input = input
    self.output = output
    self.recipe = recipe
  }
}

/// One of several parts into which a model is divided, from 1.
package struct ModelPart: Sendable, Equatable {
  package var index: Int
  package var count: Int

  package init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }
}

/// What a quantization did.
package struct QuantizeSummary: Sendable, Encodable {
  package var output: String
  package var scheme: String
  package var tensors: Int
  package var quantizedTensors: Int
  package var inputBytes: Int
  package var outputBytes: Int
  /// Everything stored for the quantized tensors, before compression, over their weights.
  package var bitsPerWeight: Double
  /// The whole file over all weights.
  package var fileBitsPerWeight: Double
  /// Signal to noise over all quantized weights; nil where nothing was lost.
  package var sqnr: Double?
  package var seconds: Double
  package var inputBytesPerSecond: Double
  package var peakMemoryBytes: Int

  enum CodingKeys: String, CodingKey {
    case output, scheme, tensors, seconds
    case quantizedTensors = "quantized_tensors"
    case inputBytes = "input_bytes"
    case outputBytes = "output_bytes"
    case bitsPerWeight = "bits_per_weight"
    case fileBitsPerWeight = "file_bits_per_weight"
    case sqnr = "sqnr_db"
    case inputBytesPerSecond = "input_bytes_per_second"
    case peakMemoryBytes = "peak_memory_bytes"
  }
}
