// SPDX-License-Identifier: Apache-2.0

import Quantization
import Synchronization
import Tensors

/// The layers that a runtime fuses into one, which therefore need one number of the tensor in NVFP4:
/// consumers take the largest of several and are wrong by the ratio for the others.
enum SharedTensorScales {
  /// What the modules beside each other in a layer that are fused are called, whatever the family.
  private static let fusedModules: [Set<String>] = [
    ["q_proj", "k_proj", "v_proj"], ["q_a_proj", "kv_a_proj_with_mqa"], ["gate_proj", "up_proj"],
    ["w1", "w3"],
  ]

  /// The entries, where NVFP4 tensors that are fused have one number, that of the largest weight of all.
  static func sharing(
    in entries: [Plan.Entry], of source: any ModelSource
  ) throws -> [Plan.Entry] {
    var members: [String: [TensorDescription]] = [:]
    for entry in entries where entry.scheme?.name == Quantization.NVFP4.name {
      if let key = key(of: entry.tensor.name) { members[key, default: []].append(entry.tensor) }
    }
    let maxima = members.mapValues { SharedMaximum($0, of: source) }
    return try entries.map { entry in
      guard entry.scheme?.name == Quantization.NVFP4.name, let key = key(of: entry.tensor.name),
        let maximum = maxima[key], maximum.tensors.count > 1
      else { return entry }
      let scheme = try FloatGridScheme(
        Quantization.NVFP4(.factor, maximum: { try maximum.value() }))
      return entry.with(scheme: scheme, layout: try scheme.layout(for: entry.tensor))
    }
  }

  /// What the tensors that are fused with one have in common; nil where it stays alone.
  private static func key(of name: String) -> String? {
    var parts = name.split(separator: ".").map(String.init)
    guard parts.count >= 2, parts.last == "weight" else { return nil }
    let module = parts[parts.count - 2]
    guard let place = fusedModules.firstIndex(where: { $0.contains(module) }) else { return nil }
    parts[parts.count - 2] = "\(place)"
    return parts.joined(separator: ".")
  }
}

/// The largest magnitude of several tensors, found when it is first asked for.
private final class SharedMaximum: Sendable {
  let tensors: [TensorDescription]
  private let source: any ModelSource
  private let found = Mutex<Float?>(nil)

  init(_ tensors: [TensorDescription], of source: any ModelSource) {
    self.tensors = tensors
    self.source = source
  }

  func value() throws -> Float {
    let result: Result<Float, any Error> = found.withLock { found in
      if let found { return .success(found) }
      return Result {
        let maximum = try tensors.map { try source.largestMagnitude(of: $0) }.max() ?? 0
        found = maximum
        return maximum
      }
    }
    return try result.get()
  }
}
