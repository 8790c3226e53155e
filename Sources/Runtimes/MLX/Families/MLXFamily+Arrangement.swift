// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

extension MLXFamily {
  /// A model with its tensors stacked, split, transposed, left out and doubled as mlx-lm wants them.
  ///
  /// - Parameter isTied: whether the output head is the embedding.
  /// - Throws: ``RuntimeError``.
  func arrange(_ source: any ModelSource, isTied: Bool) throws(RuntimeError) -> any ModelSource {
    let source = hasInterleavedExperts ? try InterleavedExperts.splitting(source) : source
    var stacks = self.stacks(of: source)
    var arrangements: [Arrangement] = []
    for tensor in source.tensors {
      if dropped.contains(where: tensor.name.hasSuffix) { continue }
      if isTied, head != .own, tensor.name == headName { continue }
      if let place = experts?.place(of: tensor.name) {
        // The whole stack comes where its first member is.
        if let members = stacks.removeValue(forKey: place.stack) {
          arrangements.append(try stack(members, named: place.stack))
        }
      } else if transposed.contains(where: tensor.name.hasSuffix), tensor.shape.count == 2 {
        arrangements.append(
          Arrangement(
            tensor.name, shape: tensor.shape.reversed(),
            pieces: [.init(tensor.name, isTransposed: true)]))
      } else {
        arrangements.append(Arrangement(asIs: tensor))
      }
    }
    if isTied, head == .own, source.description(of: headName) == nil,
      let embedding = source.description(of: embeddingName)
    {
      arrangements.append(
        Arrangement(headName, shape: embedding.shape, pieces: [.init(embeddingName)]))
    }
    if arrangements == source.tensors.map({ Arrangement(asIs: $0) }) { return source }
    return try ArrangedSource(source, arrangements)
  }

  /// The tensors of which stacks are made, by the name of the stack and the number of the expert.
  private func stacks(of source: any ModelSource) -> [String: [Int: TensorDescription]] {
    var stacks: [String: [Int: TensorDescription]] = [:]
    for tensor in source.tensors {
      guard let place = experts?.place(of: tensor.name) else { continue }
      stacks[place.stack, default: [:]][place.expert] = tensor
    }
    return stacks
  }

  private func stack(
    _ members: [Int: TensorDescription], named name: String
  ) throws(RuntimeError) -> Arrangement {
    let shape = members.values.first?.shape ?? []
    var pieces: [Arrangement.Piece] = []
    for expert in 0..<members.count {
      guard let member = members[expert] else {
        throw .arrangement(
          tensor: name, problem: "of its \(members.count) experts number \(expert) is missing")
      }
      guard member.shape == shape else {
        throw .arrangement(
          tensor: name, problem: "its experts have the shapes \(shape) and \(member.shape)")
      }
      pieces.append(.init(member.name))
    }
    return Arrangement(name, shape: [members.count] + shape, pieces: pieces)
  }
}

extension MLXFamily.Experts {
  /// The stack to which a tensor of one expert belongs, and which expert's it is.
  func place(of name: String) -> (stack: String, expert: Int)? {
    guard let range = name.range(of: ".\(module).") else { return nil }
    let words = name[range.upperBound...].split(separator: ".", maxSplits: 2).map(String.init)
    guard words.count == 3, let expert = Int(words[0]), expert >= 0,
      let layer = layers.first(where: { $0.checkpoint == words[1] })
    else { return nil }
    return ("\(name[..<range.lowerBound]).\(stacked).\(layer.stack).\(words[2])", expert)
  }

  /// What the tensors of the experts of a stack are called: the inverse. Nil where it is none.
  func members(of name: String) -> (@Sendable (Int) -> String)? {
    guard let range = name.range(of: ".\(stacked).") else { return nil }
    let words = name[range.upperBound...].split(separator: ".", maxSplits: 1).map(String.init)
    guard words.count == 2, let layer = layers.first(where: { $0.stack == words[0] }) else {
      return nil
    }
    let start = "\(name[..<range.lowerBound]).\(module)"
    return { "\(start).\($0).\(layer.checkpoint).\(words[1])" }
  }
}
