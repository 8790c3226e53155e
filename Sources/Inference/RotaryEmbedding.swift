// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Rotary position embedding: pairs of weights of a head are rotated by an angle that grows with
/// the position, at a frequency that falls with the pair's index.
///
/// Weight `i` pairs with weight `i + size / 2`. The arithmetic is the reference implementation's,
/// step by step in fp32, because an angle's error grows with the position: frequencies that differ
/// in the last bit are 3e-5 radians apart at position 512.
struct RotaryEmbedding: Sendable, Hashable {
  /// How many weights of a head are rotated; even.
  var size: Int
  /// The base of the geometric series of frequencies.
  var theta: Double
  var scaling: RotaryScaling
  /// The longest window that the frequencies are meant for.
  var contextLength: Int
  var rounding = RotationRounding.each
}

/// How the frequencies of a model are changed to cover more positions than it was first trained on.
enum RotaryScaling: Sendable, Hashable {
  case none
  /// Every frequency divided by `factor`.
  case linear(factor: Double)
  /// A window longer than `trainedLength` stretches the base by its own length.
  case dynamic(factor: Double, trainedLength: Int)
  /// Low frequencies divided by `factor`, high ones kept, those between interpolated.
  case llama3(
    factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, trainedLength: Int)
  /// As `llama3`, with a linear ramp over the pairs' indices, and cosine and sine multiplied by
  /// `amplitude` ("YaRN: Efficient Context Window Extension of Large Language Models", 2023).
  case yarn(
    factor: Double, fastRotations: Double, slowRotations: Double, truncated: Bool,
    trainedLength: Int, amplitude: Double)
  /// Every pair's frequency divided by a factor of its own, another in windows longer than
  /// `trainedLength`; cosine and sine multiplied by `amplitude` ("LongRoPE", 2024).
  case long(
    shortFactors: [Double], longFactors: [Double], trainedLength: Int, amplitude: Double)
}

extension RotaryEmbedding {
  /// What cosine and sine are multiplied with.
  var amplitude: Float {
    switch scaling {
    case .yarn(_, _, _, _, _, let amplitude), .long(_, _, _, let amplitude): Float(amplitude)
    case .none, .linear, .dynamic, .llama3: 1
    }
  }

  /// The angle per position of each of the `size / 2` pairs, in radians.
  ///
  /// - Parameter windowLength: the length of the window, on which dynamic and long scaling depend.
  ///   Each window counts alone; the reference implementation, which keeps the state of the longest
  ///   window so far, agrees for the first window that it sees.
  func frequencies(windowLength: Int) -> [Float] {
    switch scaling {
    case .none:
      return powers(of: theta).map { 1 / $0 }
    case .linear(let factor):
      return powers(of: theta).map { 1 / $0 / Float(factor) }
    case .dynamic(let factor, let trainedLength):
      let length = Double(max(windowLength, trainedLength))
      let stretch = factor * length / Double(trainedLength) - (factor - 1)
      let base = theta * pow(stretch, Double(size) / Double(size - 2))
      return powers(of: base).map { 1 / $0 }
    case .llama3(let factor, let low, let high, let trainedLength):
      return powers(of: theta).map {
        interpolated(
          1 / $0, by: Float(factor), low: low, high: high, trainedLength: Double(trainedLength))
      }
    case .yarn(let factor, let fast, let slow, let truncated, let trainedLength, _):
      let ramp = ramp(
        from: fast, to: slow, truncated: truncated, trainedLength: Double(trainedLength))
      return zip(powers(of: theta), ramp).map { power, interpolation in
        let kept = 1 - interpolation
        return 1 / (Float(factor) * power) * (1 - kept) + 1 / power * kept
      }
    case .long(let short, let long, let trainedLength, _):
      let factors = windowLength > trainedLength ? long : short
      return zip(powers(of: theta), factors).map { 1 / (Float($1) * $0) }
    }
  }

  /// The same number for all lengths that have the same frequencies.
  func frequencyLength(ofText length: Int) -> Int {
    switch scaling {
    case .none, .linear, .llama3, .yarn: 0
    case .dynamic(_, let trainedLength): max(length, trainedLength)
    case .long(_, _, let trainedLength, _): length > trainedLength ? 1 : 0
    }
  }

  /// `base ** (2 i / size)` for each pair `i`, rounded to fp32.
  private func powers(of base: Double) -> [Float] {
    (0..<size / 2).map { pair in
      let exponent = Float(2 * pair) / Float(size)
      return Float(pow(Double(Float(base)), Double(exponent)))
    }
  }

  private func interpolated(
    _ frequency: Float, by factor: Float, low: Double, high: Double, trainedLength: Double
  ) -> Float {
    let wavelength = Float(2 * Double.pi) / frequency
    if wavelength < Float(trainedLength / high) { return frequency }
    if wavelength > Float(trainedLength / low) { return frequency / factor }
    let smooth = (Float(trainedLength) / wavelength - Float(low)) / Float(high - low)
    return (1 - smooth) * frequency / factor + smooth * frequency
  }

  /// How far each pair is interpolated, from 0 to 1.
  ///
  /// Pairs that turn more than `fast` times over the trained length are kept, those that turn less
  /// than `slow` times are interpolated.
  private func ramp(
    from fast: Double, to slow: Double, truncated: Bool, trainedLength: Double
  ) -> [Float] {
    func pair(turning rotations: Double) -> Double {
      Double(size) * log(trainedLength / (rotations * 2 * .pi)) / (2 * log(theta))
    }
    var first = pair(turning: fast)
    var last = pair(turning: slow)
    if truncated {
      first = first.rounded(.down)
      last = last.rounded(.up)
    }
    first = max(first, 0)
    last = min(last, Double(size - 1))
    // Where the two meet, a thousandth of a pair keeps the division defined.
    if first == last { last += 0.001 }
    return (0..<size / 2).map { index in
      min(max((Float(index) - Float(first)) / Float(last - first), 0), 1)
    }
  }
}
