// SPDX-License-Identifier: Apache-2.0

/// What a mix needs to know of a model beside its tensors: numbers that stand in the file's metadata.
package struct GGUFModelShape: Sendable, Equatable {
  /// `general.architecture`.
  package var architecture: String
  /// `block_count`, layers that only predict further tokens included.
  package var layerCount: Int
  /// `attention.head_count` of the first layer.
  package var headCount: Int
  /// `attention.head_count_kv` of the first layer.
  package var keyValueHeadCount: Int
  /// `expert_count`; 0 where there are no experts.
  package var expertCount: Int

  package init(
    architecture: String, layerCount: Int, headCount: Int, keyValueHeadCount: Int,
    expertCount: Int = 0
  ) {
    self.architecture = architecture
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.expertCount = expertCount
  }

  /// How many heads of queries share one of keys and values; 0 where there are none.
  var headsPerKeyValue: Int { keyValueHeadCount > 0 ? headCount / keyValueHeadCount : 0 }

  var isFalcon: Bool { architecture == "falcon" }

  /// Whether llama.cpp calls the model one of 70 billion weights, whose values are small beside the
  /// rest and get more bits.
  var isSeventyBillion: Bool {
    switch architecture {
    case "llama": layerCount == 80 && headCount != keyValueHeadCount && expertCount != 8
    case "qwen2", "olmo", "deci": layerCount == 80
    case "jais2": layerCount == 68
    default: false
    }
  }
}
