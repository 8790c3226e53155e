// SPDX-License-Identifier: Apache-2.0

/// Where in a model a tensor belongs, read off its name.
///
/// The first part that is a number is the layer; what follows is the kind, later numbers (experts)
/// becoming `*`: `model.layers.3.mlp.experts.7.w1.weight` is layer 3 of `mlp.experts.*.w1`.
struct TensorPlace: Sendable, Hashable {
  var kind: String
  /// Nil for a tensor that belongs to no layer.
  var layer: Int?

  init(_ name: String) {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if parts.count > 1, parts.last == "weight" { parts.removeLast() }
    if let place = parts.firstIndex(where: { Self.number($0) != nil }), place + 1 < parts.count {
      layer = Self.number(parts[place])
      parts.removeFirst(place + 1)
    }
    kind = parts.map { Self.number($0) == nil ? $0 : "*" }.joined(separator: ".")
  }

  /// No model has so many layers that more digits are a layer's number; a hostile name must not
  /// stretch the chart.
  private static func number(_ part: String) -> Int? { part.count <= 3 ? Int(part) : nil }

  var title: String { layer.map { "layer \($0), \(kind)" } ?? kind }
}

extension TensorPlace: Comparable {
  static func < (a: Self, b: Self) -> Bool {
    (a.kind, a.layer ?? -1) < (b.kind, b.layer ?? -1)
  }
}
