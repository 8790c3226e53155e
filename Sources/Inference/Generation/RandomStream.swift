// SPDX-License-Identifier: Apache-2.0

/// Pseudo-random numbers that a seed determines, the same on every machine: SplitMix64, whose state is
/// a counter in steps of the golden ratio and whose output is that counter, mixed. (Steele, Lea and
/// Flood, "Fast Splittable Pseudorandom Number Generators", 2014.)
struct RandomStream: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number of the interval `[0, 1)`, one of 2^53 equally likely ones.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
