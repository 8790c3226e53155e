// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Inference

/// How products with weights are computed where text is generated.
struct ProductArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "exact: fp32 activations; fast: activations of 8 bits where weights are codes.",
      valueName: "exact|fast"))
  var arithmetic = Arithmetic.exact
}

extension Arithmetic: ExpressibleByArgument {}
