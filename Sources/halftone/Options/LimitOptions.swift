// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Verification

/// What a candidate may lose.
struct LimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Allow perplexity to grow by this share: 0.01 is 1 %.", valueName: "x"))
  var limitPpl: Double?

  @Option(help: ArgumentHelp("Allow this mean KL divergence, in nats.", valueName: "x"))
  var limitKl: Double?

  func validate() throws {
    for (name, limit) in [("--limit-ppl", limitPpl), ("--limit-kl", limitKl)] {
      if let limit, !(limit >= 0 && limit.isFinite) {
        throw ValidationError("\(name) takes a number from 0.")
      }
    }
  }

  var limits: LimitSet { LimitSet(perplexity: limitPpl, divergence: limitKl) }
  var isAsked: Bool { limitPpl != nil || limitKl != nil }
}
