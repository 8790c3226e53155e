// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// The words of the folders that NVIDIA's Model Optimizer exports ("unified Hugging Face"), as version
/// 0.47 writes them and TensorRT-LLM and vLLM read them.
package enum ModelOpt {
  /// The name after `--to`, and what `inspect` calls the format.
  package static let name = "modelopt"

  /// The file beside `config.json` that says how a model is quantized; where the two differ, it is right.
  static let configurationFile = "hf_quant_config.json"

  /// The version of the program whose files these are like.
  static let version = "0.47.0"

  /// What all quantized layers of a model are.
  enum Algorithm: String {
    case fp8Rows = "FP8_PER_CHANNEL_PER_TOKEN"
    case nvfp4 = "W4A16_NVFP4"
    case int4 = "W4A16_AWQ"
    case int8 = "W8A16"
  }

  /// Families whose linear layers no loader finds as they are stored, and why.
  static let refusedFamilies = ["gpt2": "its layers are stored transposed (Conv1D)"]
}
