// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Inference

/// Which arithmetic a model is run with.
struct ComputeArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Round as a runtime does that computes so; f32 rounds nothing.",
      valueName: "f32|bf16|f16|llm-int8"))
  var compute = Compute.f32

  /// Checks that the products can be computed so too.
  ///
  /// - Throws: `ValidationError`.
  func check(with arithmetic: Arithmetic) throws {
    guard arithmetic == .exact || compute == .f32 else {
      throw ValidationError("--arithmetic fast has its own rounding; it goes with --compute f32.")
    }
  }

  /// Checks that the models can be run within a limit of memory.
  ///
  /// - Throws: `ValidationError`.
  func check(with measurement: MeasurementOptions, _ others: Compute...) throws {
    guard measurement.memoryLimit == nil || !([compute] + others).contains(.llmInt8) else {
      throw ValidationError(
        "llm-int8 multiplies weights as they are stored, in memory; leave out --memory-limit.")
    }
  }
}

extension Compute: ExpressibleByArgument {}
