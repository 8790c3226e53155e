// SPDX-License-Identifier: Apache-2.0

extension Activation {
  /// The activation that a key names.
  ///
  /// - Throws: ``InferenceError/unsupportedOption(key:value:)`` where it isn't implemented.
  init(_ configuration: Configuration, key: String, default: String) throws {
    let name: String = try configuration.optional(key) ?? `default`
    switch name {
    case "silu", "swish": self = .silu
    case "gelu", "gelu_python": self = .gelu
    case "gelu_pytorch_tanh": self = .geluTanh
    case "gelu_new", "gelu_python_tanh": self = .geluTanhSteps(.cubed)
    case "gelu_fast": self = .geluTanhSteps(.factored)
    case "relu": self = .relu
    default: throw configuration.unsupported(key)
    }
  }
}
