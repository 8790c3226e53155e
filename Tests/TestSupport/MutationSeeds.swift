// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Which cases a mutation test tries: a seed for each, so that a case that fails can be tried again alone.
///
/// `HALFTONE_FUZZ_CASES` sets the number of cases and `HALFTONE_FUZZ_SEED` the first seed.
package enum MutationSeeds {
  /// Seeds one after the other, from 1 and `count` of them where the environment does not say otherwise.
  package static func range(default count: Int) -> Range<Int> {
    let first = setting("HALFTONE_FUZZ_SEED") ?? 1
    return first..<first + (setting("HALFTONE_FUZZ_CASES") ?? count)
  }

  private static func setting(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init)
  }
}
