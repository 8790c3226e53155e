// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors
import Testing

@Suite struct PlanTests {
  private func tensor(
    _ name: String, _ shape: [Int], _ type: ElementType = .bf16
  ) -> TensorDescription {
    TensorDescription(
      name: name, shape: shape, elementType: type, scheme: type.rawValue.lowercased(),
      storedByteCount: shape.reduce(1, *) * type.bitWidth / 8)
  }

  private static let nf4 = Recipe.Choice.scheme(name: "nf4", options: SchemeOptions())
  private static let int8 = Recipe.Choice.scheme(name: "int8", options: SchemeOptions())

  @Test func `without rules linear layers are quantized and the rest is kept`() throws {
    let plan = try Plan(
      recipe: Recipe(linearLayers: Self.nf4),
      tensors: [
        tensor("model.embed_tokens.weight", [64, 64]),
        tensor("model.layers.0.mlp.up_proj.weight", [64, 64]),
        tensor("model.layers.0.input_layernorm.weight", [64]), tensor("lm_head.weight", [64, 64]),
        tensor("model.layers.0.mlp.up_proj.counts", [64, 64], .i64),
        tensor("model.layers.0.none.weight", [0, 64]),
      ])
    #expect(plan.entries.map(\.schemeName) == ["bf16", "nf4", "bf16", "bf16", "i64", "bf16"])
    #expect(
      plan.entries.map(\.reason) == [
        "embedding", "linear layer", "norm", "output head", "not F16, BF16 or F32", "no weights",
      ])
    #expect(plan.entries[1].storedByteCount == 64 * 64 / 2 + 64 * 4)
    #expect(plan.weightCount == 4 * 4096 + 64)
    #expect(plan.storedByteCount == plan.entries.reduce(0) { $0 + $1.storedByteCount })
  }

  @Test func `the first rule that matches decides, and * matches dots`() throws {
    let recipe = Recipe(
      linearLayers: Self.nf4,
      rules: [
        .init(pattern: "model.layers.[01].*", choice: .keep),
        .init(pattern: "model.*.down_proj.weight", choice: Self.int8),
        .init(pattern: "*.embed_tokens.weigh?", choice: Self.nf4),
        .init(pattern: "*", choice: .keep),
      ])
    let plan = try Plan(
      recipe: recipe,
      tensors: [
        tensor("model.layers.1.mlp.down_proj.weight", [4, 64]),
        tensor("model.layers.2.mlp.down_proj.weight", [4, 64]),
        tensor("model.layers.2.mlp.down_proj.weight2", [4, 64]),
        tensor("model.embed_tokens.weight", [4, 64]),
      ])
    #expect(plan.entries.map(\.schemeName) == ["bf16", "int8", "bf16", "nf4"])
    #expect(
      plan.entries.map(\.reason) == [
        "rule 1: model.layers.[01].*", "rule 2: model.*.down_proj.weight", "rule 4: *",
        "rule 3: *.embed_tokens.weigh?",
      ])
  }

  @Test func `a rule may quantize what is kept by default, and double quantization is named`()
    throws
  {
    let twice = Recipe.Choice.scheme(
      name: "nf4", options: SchemeOptions(doubleQuantization: true))
    let plan = try Plan(
      recipe: Recipe(linearLayers: .keep, rules: [.init(pattern: "*norm*", choice: twice)]),
      tensors: [tensor("model.norm.weight", [64]), tensor("a.weight", [64, 64])])
    #expect(plan.entries.map(\.schemeName) == ["nf4+dq", "bf16"])
  }

  @Test func `a rule that asks for what the tensor is keeps it`() throws {
    let cast = Recipe.Choice.scheme(name: "bf16", options: SchemeOptions())
    let plan = try Plan(
      recipe: Recipe(linearLayers: cast),
      tensors: [tensor("a.weight", [2, 2]), tensor("b.weight", [2, 2], .f32)])
    #expect(plan.entries.map { $0.scheme == nil } == [true, false])
  }

  @Test func `a rule for a tensor that its scheme can't hold is an error`() throws {
    let rows = Recipe.Choice.scheme(name: "int8-row", options: SchemeOptions())
    func plan(_ tensor: TensorDescription, _ choice: Recipe.Choice) throws -> Plan {
      try Plan(
        recipe: Recipe(linearLayers: .keep, rules: [.init(pattern: "*", choice: choice)]),
        tensors: [tensor])
    }
    #expect(throws: QuantizationError.unsupportedElementType(tensor: "w", type: .i32)) {
      try plan(tensor("w", [4, 4], .i32), Self.nf4)
    }
    #expect(throws: QuantizationError.unsupportedElementType(tensor: "w", type: .f64)) {
      try plan(tensor("w", [4, 4], .f64), .scheme(name: "f16", options: SchemeOptions()))
    }
    #expect(throws: QuantizationError.noRows(tensor: "w", shape: [16], longestRow: 1 << 20)) {
      try plan(tensor("w", [16]), rows)
    }
    let long = [2, 1 << 20 + 1]
    #expect(throws: QuantizationError.noRows(tensor: "w", shape: long, longestRow: 1 << 20)) {
      try plan(tensor("w", long), rows)
    }
  }

  @Test func `a linear layer that the default scheme can't hold is kept`() throws {
    let rows = Recipe.Choice.scheme(name: "int8-row", options: SchemeOptions())
    let plan = try Plan(
      recipe: Recipe(linearLayers: rows), tensors: [tensor("a.weight", [2, 1 << 20 + 1])])
    #expect(plan.entries[0].scheme == nil)
    #expect(plan.entries[0].reason == "linear layer, rows too long for the scheme")
  }
}
