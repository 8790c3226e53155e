// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

/// The schemes of floating-point codes against what their inventors' programs make of the same weights.
@Suite struct FloatGridTests {
  private static let golden = Fixtures.folder.appending(path: "grids/grids.safetensors").path

  private static func scheme(_ name: String) throws -> any Scheme {
    name == "nvfp4-divided"
      ? try FloatGridScheme(NVFP4(.divisor)) : try Schemes.scheme(named: name)
  }

  @Test(arguments: ["fp8", "nvfp4", "nvfp4-divided", "mxfp4"], ["bf16", "f16", "f32"])
  func `codes and scales are the reference's, byte for byte`(name: String, type: String) throws {
    let model = try SafetensorsModel(path: Self.golden)
    guard model.description(of: "\(type).\(name).codes") != nil else {
      #expect(name == "nvfp4-divided" && type == "f16")
      return
    }
    func bytes(_ array: String) throws -> [UInt8] {
      try model.withStoredBytes(of: array) { Array($0) }
    }
    let found = try #require(model.description(of: "\(type).weights"))
    let tensor = TestTensor(
      "w", found.elementType, found.shape, bytes: try bytes("\(type).weights"))
    let encoded = try EncodedTensor(tensor, by: Self.scheme(name))
    #expect(encoded.bytes("codes") == (try bytes("\(type).\(name).codes")))
    #expect(encoded.bytes("scales") == (try bytes("\(type).\(name).scales")))
    if name.hasPrefix("nvfp4") {
      #expect(encoded.bytes("tensor_scale") == (try bytes("\(type).\(name).tensor_scale")))
    }
  }

  @Test(arguments: ["fp8", "nvfp4", "mxfp4"])
  func `a tensor encoded in slabs is the tensor encoded whole`(name: String) throws {
    let tensor = TestTensor("w", .bf16, [31, 320], TestTensor.spread(31 * 320, seed: 11))
    let scheme = try Self.scheme(name)
    let whole = try EncodedTensor(tensor, by: scheme)
    for slab in [640, 1920] {
      #expect(try EncodedTensor(tensor, by: scheme, slab: slab).components == whole.components)
    }
  }

  @Test func `a row of zeros, and a tensor of zeros, are restored as zeros`() throws {
    for name in ["fp8", "nvfp4", "nvfp4-divided", "mxfp4"] {
      for type in [ElementType.f32, .bf16, .f16] {
        let zeros = TestTensor("w", type, [3, 32], [Float](repeating: 0, count: 96))
        let encoded = try EncodedTensor(zeros, by: Self.scheme(name))
        #expect(encoded.statistics.maximumAbsoluteError == 0, "\(name)")
      }
    }
  }

  @Test func `a weight is restored within what its grid allows`() throws {
    // Half a step of E4M3 is a 16th at most, of E2M1 a quarter near 4 to 6, and mxfp4 cuts 7 to 6; scales
    // are off by a 16th more, or by the type's rounding.
    let bounds: [String: Float] = ["fp8": 0.07, "nvfp4": 0.25, "mxfp4": 0.25]
    let tensor = TestTensor("w", .f32, [16, 64], TestTensor.spread(16 * 64, seed: 12))
    for (name, bound) in bounds {
      let encoded = try EncodedTensor(tensor, by: Self.scheme(name))
      let size = name == "fp8" ? 64 : name == "nvfp4" ? 16 : 32
      for (start, block) in stride(from: 0, to: 1024, by: size).enumerated() {
        let largest = tensor.weights[block..<block + size].map(abs).max() ?? 0
        for (index, restored) in encoded.restored(block..<block + size).enumerated() {
          #expect(
            abs(restored - tensor.weights[block + index]) <= bound * largest, "\(name) \(start)")
        }
      }
    }
  }

  @Test func `rows that blocks do not divide are refused, and kept where nobody named them`() throws
  {
    let tensor = TestTensor(
      "model.layers.0.mlp.up_proj.weight", .bf16, [2, 24], .init(repeating: 1, count: 48))
    for (name, size) in [("nvfp4", 16), ("mxfp4", 32)] {
      #expect(
        throws: QuantizationError.rowLength(
          tensor: tensor.name, scheme: name, shape: [2, 24], multipleOf: size)
      ) { try Self.scheme(name).layout(for: tensor.description) }
      let plan = try Plan(
        recipe: Recipe(linearLayers: .scheme(name: name, options: .init())),
        tensors: [tensor.description])
      #expect(plan.entries[0].reason == "linear layer, rows no multiple of \(size)")
    }
    #expect(throws: QuantizationError.fixedBlocks(scheme: "nvfp4", size: 16)) {
      try Schemes.scheme(named: "nvfp4", options: SchemeOptions(blockSize: 32))
    }
    #expect(throws: QuantizationError.noBlocks(scheme: "fp8")) {
      try Schemes.scheme(named: "fp8", options: SchemeOptions(blockSize: 32))
    }
    #expect(throws: QuantizationError.noDoubleQuantization(scheme: "mxfp4")) {
      try Schemes.scheme(named: "mxfp4", options: SchemeOptions(doubleQuantization: true))
    }
  }

  @Test(arguments: ["fp8", "nvfp4", "mxfp4"])
  func `a weight that is not finite is named`(name: String) throws {
    var weights = TestTensor.spread(96, seed: 13)
    weights[70] = .infinity
    let tensor = TestTensor("w", .f32, [3, 32], weights)
    #expect(throws: QuantizationError.nonFinite(tensor: "w", index: 70)) {
      try EncodedTensor(tensor, by: Self.scheme(name))
    }
  }

  @Test func `weights on mxfp4's grid lose nothing when they are encoded again`() throws {
    let tensor = TestTensor("w", .f32, [8, 64], TestTensor.spread(8 * 64, seed: 14))
    let once = try EncodedTensor(tensor, by: Self.scheme("mxfp4"))
    let restored = TestTensor("w", .bf16, [8, 64], once.restored())
    // Two bits of significand are nothing to bf16.
    #expect(restored.weights == once.restored())
    let again = try EncodedTensor(restored, by: Self.scheme("mxfp4"))
    #expect(again.statistics.maximumAbsoluteError == 0)
  }
}
