// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Experts of gpt-oss: a checkpoint has for each one matrix with a row for each input, in which columns of
/// the gate and of the input take turns; runtimes have two, with a row for each output.
enum InterleavedExperts {
  private static let fused = ".experts.gate_up_proj"
  private static let fusedBias = ".experts.gate_up_proj_bias"
  private static let down = ".experts.down_proj"
  private static let downBias = ".experts.down_proj_bias"
  private static let halves = [(first: 0, name: "gate_proj"), (first: 1, name: "up_proj")]

  /// A checkpoint's experts as runtimes have them.
  static func splitting(_ source: any ModelSource) throws(RuntimeError) -> any ModelSource {
    // A bias has a row for each expert; its columns are taken apart as rows of the transposed.
    var columns: [Arrangement] = []
    var arrangements: [Arrangement] = []
    for tensor in source.tensors {
      let (name, shape) = (tensor.name, tensor.shape)
      if name.hasSuffix(Self.fused), tensor.isStack {
        for half in Self.halves {
          arrangements.append(
            Arrangement(
              Self.renamed(name, Self.fused, half.name + ".weight"),
              shape: [shape[0], shape[2] / 2, shape[1]],
              pieces: (0..<shape[0]).map {
                .init(
                  name, matrix: $0, isTransposed: true, rows: half.first..<shape[2], step: 2)
              }))
        }
      } else if name.hasSuffix(Self.fusedBias), shape.count == 2 {
        for half in Self.halves {
          let target = Self.renamed(name, Self.fusedBias, half.name + ".bias")
          columns.append(
            Arrangement(
              target, shape: [shape[1] / 2, shape[0]],
              pieces: [.init(name, isTransposed: true, rows: half.first..<shape[1], step: 2)]))
          arrangements.append(
            Arrangement(
              target, shape: [shape[0], shape[1] / 2], pieces: [.init(target, isTransposed: true)]))
        }
      } else if name.hasSuffix(Self.down), tensor.isStack {
        arrangements.append(
          Arrangement(
            Self.renamed(name, Self.down, "down_proj.weight"),
            shape: [shape[0], shape[2], shape[1]],
            pieces: (0..<shape[0]).map { .init(name, matrix: $0, isTransposed: true) }))
      } else if name.hasSuffix(Self.downBias) {
        arrangements.append(
          Arrangement(
            Self.renamed(name, Self.downBias, "down_proj.bias"), shape: shape, pieces: [.init(name)]
          ))
      } else {
        arrangements.append(Arrangement(asIs: tensor))
      }
    }
    if arrangements.allSatisfy({ $0.pieces.count == 1 && $0.pieces[0].tensor == $0.name }) {
      return source
    }
    let inner = try ArrangedSource(source, source.tensors.map { Arrangement(asIs: $0) } + columns)
    return try ArrangedSource(inner, arrangements)
  }

  /// The inverse: a runtime's experts as a checkpoint has them.
  static func joining(_ source: any ModelSource) throws(RuntimeError) -> any ModelSource {
    // Gate and input one below the other, then in turns, then transposed: each is an arrangement of the
    // one before.
    var joined: [Arrangement] = []
    var interleaved: [Arrangement] = []
    var arrangements: [Arrangement] = []
    for tensor in source.tensors {
      let (name, shape) = (tensor.name, tensor.shape)
      if let module = Self.module(name, "gate_proj.weight"), tensor.isStack {
        let target = module + Self.fused
        for expert in 0..<shape[0] {
          joined.append(
            Arrangement(
              "\(target).\(expert)", shape: [2 * shape[1], shape[2]],
              pieces: Self.halves.map {
                .init("\(module).experts.\($0.name).weight", matrix: expert)
              }))
          interleaved.append(
            Arrangement(
              "\(target).\(expert)", shape: [2 * shape[1], shape[2]],
              pieces: [
                .init("\(target).\(expert)", order: .rotary(headSize: 2 * shape[1]))
              ]))
        }
        arrangements.append(
          Arrangement(
            target, shape: [shape[0], shape[2], 2 * shape[1]],
            pieces: (0..<shape[0]).map { .init("\(target).\($0)", isTransposed: true) }))
      } else if let module = Self.module(name, "gate_proj.bias"), shape.count == 2 {
        let target = module + Self.fusedBias
        // Of the transposed biases, a row for each number of an expert.
        joined.append(
          Arrangement(
            target, shape: [2 * shape[1], shape[0]],
            pieces: Self.halves.map {
              .init("\(module).experts.\($0.name).bias", isTransposed: true)
            }))
        interleaved.append(
          Arrangement(
            target, shape: [2 * shape[1], shape[0]],
            pieces: [.init(target, order: .rotary(headSize: 2 * shape[1]))]))
        arrangements.append(
          Arrangement(
            target, shape: [shape[0], 2 * shape[1]], pieces: [.init(target, isTransposed: true)]))
      } else if let module = Self.module(name, "down_proj.weight"), tensor.isStack {
        joined.append(Arrangement(asIs: tensor))
        interleaved.append(Arrangement(asIs: tensor))
        arrangements.append(
          Arrangement(
            module + Self.down, shape: [shape[0], shape[2], shape[1]],
            pieces: (0..<shape[0]).map { .init(name, matrix: $0, isTransposed: true) }))
      } else if let module = Self.module(name, "down_proj.bias") {
        joined.append(Arrangement(asIs: tensor))
        interleaved.append(Arrangement(asIs: tensor))
        arrangements.append(
          Arrangement(module + Self.downBias, shape: shape, pieces: [.init(name)]))
      } else if Self.module(name, "up_proj.weight") == nil, Self.module(name, "up_proj.bias") == nil
      {
        joined.append(Arrangement(asIs: tensor))
        interleaved.append(Arrangement(asIs: tensor))
        arrangements.append(Arrangement(asIs: tensor))
      }
    }
    let below = try ArrangedSource(source, joined)
    return try ArrangedSource(ArrangedSource(below, interleaved), arrangements)
  }

  /// The name before `.experts.` and an ending.
  private static func module(_ name: String, _ ending: String) -> String? {
    let ending = ".experts." + ending
    return name.hasSuffix(ending) ? String(name.dropLast(ending.count)) : nil
  }

  private static func renamed(_ name: String, _ ending: String, _ module: String) -> String {
    name.dropLast(ending.count) + ".experts." + module
  }
}
