// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference

/// What `bench` found: medians, and how far the repetitions lie apart.
struct BenchResult: Encodable {
  var promptTokens: Int
  var generateTokens: Int
  var batch: Int
  var threads: Int
  var repetitions: Int
  var arithmetic: Arithmetic
  var compute: Compute
  var promptTokensPerSecond: Double
  var generateTokensPerSecond: Double
  var timeToFirstTokenSeconds: Double
  var timePerOutputTokenSeconds: Double
  var latencySeconds: Double
  var throughputTokensPerSecond: Double
  /// Of each figure above, the smallest and the largest of all repetitions.
  var spread: [String: [Double]]
  var peakMemoryBytes: Int
  var cacheBytes: Int

  private enum CodingKeys: String, CodingKey {
    case batch, threads, repetitions, arithmetic, compute, spread
    case promptTokens = "prompt_tokens"
    case generateTokens = "generate_tokens"
    case promptTokensPerSecond = "prompt_tokens_per_second"
    case generateTokensPerSecond = "generate_tokens_per_second"
    case timeToFirstTokenSeconds = "time_to_first_token_seconds"
    case timePerOutputTokenSeconds = "time_per_output_token_seconds"
    case latencySeconds = "latency_seconds"
    case throughputTokensPerSecond = "throughput_tokens_per_second"
    case peakMemoryBytes = "peak_memory_bytes"
    case cacheBytes = "cache_bytes"
  }

  init(
    _ runs: [GenerationTiming], promptTokens: Int, generateTokens: Int, batch: Int, threads: Int,
    arithmetic: Arithmetic, compute: Compute, cacheBytes: Int
  ) {
    (self.promptTokens, self.generateTokens) = (promptTokens, generateTokens)
    (self.batch, self.threads, self.cacheBytes) = (batch, threads, cacheBytes)
    (self.arithmetic, self.compute) = (arithmetic, compute)
    repetitions = runs.count
    var spread: [String: [Double]] = [:]
    func median(_ key: CodingKeys, _ figure: (GenerationTiming) -> Double) -> Double {
      let sorted = runs.map(figure).sorted()
      spread[key.rawValue] = [sorted.first ?? 0, sorted.last ?? 0]
      guard !sorted.isEmpty else { return 0 }
      return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
    let (prompt, added) = (Double(promptTokens * batch), Double((generateTokens - 1) * batch))
    promptTokensPerSecond = median(.promptTokensPerSecond) { prompt / $0.promptSeconds }
    generateTokensPerSecond = median(.generateTokensPerSecond) {
      added / max($0.generateSeconds, 1e-9)
    }
    timeToFirstTokenSeconds = median(.timeToFirstTokenSeconds) { $0.firstTokenSeconds }
    timePerOutputTokenSeconds = median(.timePerOutputTokenSeconds) { $0.outputTokenSeconds }
    latencySeconds = median(.latencySeconds) { $0.totalSeconds }
    throughputTokensPerSecond = median(.throughputTokensPerSecond) {
      Double(generateTokens * batch) / $0.totalSeconds
    }
    self.spread = spread
    var usage = rusage()
    #if os(macOS)
      getrusage(RUSAGE_SELF, &usage)
      peakMemoryBytes = Int(usage.ru_maxrss)
    #else
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      peakMemoryBytes = Int(usage.ru_maxrss) << 10
    #endif
  }

  var text: String {
    func row(_ label: String, _ value: Double, _ key: CodingKeys, _ unit: String) -> String {
      let ends = spread[key.rawValue] ?? [value, value]
      return String(format: "%@  %.4g %@ (%.4g to %.4g)", label, value, unit, ends[0], ends[1])
    }
    return [
      "\(batch) x \(promptTokens) prompt tokens, \(generateTokens) generated each; "
        + "\(threads) threads, \(arithmetic.rawValue) arithmetic, compute \(compute.rawValue), "
        + "median of \(repetitions)",
      row("prompt               ", promptTokensPerSecond, .promptTokensPerSecond, "tokens/s"),
      row("generation           ", generateTokensPerSecond, .generateTokensPerSecond, "tokens/s"),
      row("time to first token  ", timeToFirstTokenSeconds, .timeToFirstTokenSeconds, "s"),
      row("time per output token", timePerOutputTokenSeconds, .timePerOutputTokenSeconds, "s"),
      row("latency              ", latencySeconds, .latencySeconds, "s"),
      row(
        "throughput           ", throughputTokensPerSecond, .throughputTokensPerSecond, "tokens/s"),
      "peak memory            \(Amount.bytes(peakMemoryBytes)), of which the cache \(Amount.bytes(cacheBytes))",
    ].joined(separator: "\n")
  }
}
