// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import ModelTestSupport
import Tensors
import TestSupport
import Testing

/// A model that is wrong in one way, and what the one line about it must say.
struct BadInput: Sendable, CustomTestStringConvertible {
  var testDescription: String
  /// Makes the model; `path` is the folder in which `halftone quantize model` is called.
  var make: @Sendable (TemporaryFolder) throws -> Void
  /// Words of the message: the file, the tensor or the place, the remedy.
  var says: [String]

  init(
    _ description: String, says: [String],
    _ make: @escaping @Sendable (TemporaryFolder) throws -> Void
  ) {
    testDescription = description
    self.says = says
    self.make = make
  }

  /// A `model/model.safetensors` from a header's text and a number of data bytes.
  static func header(_ description: String, _ header: String, data: Int, says: [String]) -> Self {
    BadInput(description, says: ["model/model.safetensors"] + says) { folder in
      var file = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
      file += Data(header.utf8) + Data(count: data)
      try FileManager.default.createDirectory(
        atPath: folder.path("model"), withIntermediateDirectories: true)
      try folder.write(file, as: "model/model.safetensors")
    }
  }

  static func entry(_ name: String, _ type: String, _ shape: String, _ offsets: String) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  /// A folder with two shards, and an index from the text of its `weight_map`.
  static func sharded(
    _ description: String, map: String, files: [String] = ["1", "2"], says: [String]
  ) -> Self {
    BadInput(description, says: says) { folder in
      try FileManager.default.createDirectory(
        atPath: folder.path("model"), withIntermediateDirectories: true)
      for file in files {
        let tensor = TestTensor(
          "t\(file).weight", .bf16, [2, 32], [Float](repeating: 1, count: 64))
        try [tensor].write(to: folder.path("model/\(file).safetensors"))
      }
      try folder.write(
        "{\"metadata\":{},\"weight_map\":{\(map)}}", as: "model/model.safetensors.index.json")
    }
  }

  static let all: [BadInput] =
    structure + shards + [
      BadInput("nothing", says: ["model: no such file or directory", "check the path"]) { _ in },
      BadInput("an empty folder", says: ["model: holds neither", "name a folder or file"]) {
        try FileManager.default.createDirectory(
          atPath: $0.path("model"), withIntermediateDirectories: true)
      },
      BadInput(
        "a pickle file", says: ["model: a pickle checkpoint, which", "safe_serialization=True"]
      ) {
        try $0.write(
          Data([0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46]) + Data(count: 60), as: "model")
      },
      BadInput(
        "a folder with a pickle",
        says: ["pytorch_model.bin: a pickle checkpoint", "save_pretrained"]
      ) {
        try FileManager.default.createDirectory(
          atPath: $0.path("model"), withIntermediateDirectories: true)
        try $0.write(Data([0x50, 0x4B, 0x03, 0x04]), as: "model/pytorch_model.bin")
      },
      BadInput("a text", says: ["model: ", "get it again"]) {
        try $0.write("To be or not to be, that is the question.\n", as: "model")
      },
      BadInput(
        "NaN", says: ["model/model.safetensors: tensor 'x.weight': weight 70", "--keep-non-finite"]
      ) {
        var weights = [Float](repeating: 1, count: 128)
        weights[70] = .nan
        try FileManager.default.createDirectory(
          atPath: $0.path("model"), withIntermediateDirectories: true)
        try [TestTensor("x.weight", .bf16, [2, 64], weights)].write(
          to: $0.path("model/model.safetensors"))
      },
      BadInput(
        "half a .tone file", says: ["model: no trailer at byte", "copy or convert it again"]
      ) { folder in
        try [SmallModel.tensors[0]].write(to: folder.path("s.safetensors"))
        _ = try Program.run(
          ["quantize", "s.safetensors", "-o", "whole.tone"], in: folder.path)
        let whole = try folder.contents(of: "whole.tone")
        try folder.write(whole.prefix(whole.count / 2), as: "model.tone")
        try FileManager.default.createSymbolicLink(
          atPath: folder.path("model"), withDestinationPath: "model.tone")
        for name in ["s.safetensors", "whole.tone"] {
          try FileManager.default.removeItem(atPath: folder.path(name))
        }
      },
    ]

  private static let structure: [BadInput] = [
    header(
      "a truncated header", String(repeating: " ", count: 40), data: 0, says: ["malformed JSON"]),
    BadInput("a header past the end", says: ["model.safetensors", "100 bytes", "get it again"]) {
      try FileManager.default.createDirectory(
        atPath: $0.path("model"), withIntermediateDirectories: true)
      try $0.write(
        Data([100, 0, 0, 0, 0, 0, 0, 0]) + Data("{}".utf8), as: "model/model.safetensors")
    },
    BadInput("an oversized header", says: ["model.safetensors", "header", "100000000"]) {
      try FileManager.default.createDirectory(
        atPath: $0.path("model"), withIntermediateDirectories: true)
      try $0.write(
        Data([1, 0xE1, 0xF5, 0x05, 0, 0, 0, 0]) + Data("{}".utf8), as: "model/model.safetensors")
      let file = try FileHandle(forWritingTo: URL(filePath: $0.path("model/model.safetensors")))
      try file.truncate(atOffset: 100_000_100)
    },
    header(
      "truncated data", "{\(entry("x", "BF16", "[4,32]", "[0,256]"))}", data: 255,
      says: ["tensor 'x'", "bytes, but has", "get it again"]),
    header(
      "bytes after the end", "{\(entry("x", "BF16", "[4,32]", "[0,256]"))}", data: 257,
      says: ["1 bytes follow", "get it again"]),
    header(
      "an overlap",
      "{\(entry("x", "U8", "[4]", "[0,4]")),\(entry("y", "U8", "[4]", "[2,6]"))}", data: 6,
      says: ["tensor 'y'", "offset 2", "inside tensor 'x'", "write it again"]),
    header(
      "a hole", "{\(entry("x", "U8", "[4]", "[0,4]")),\(entry("y", "U8", "[4]", "[6,10]"))}",
      data: 10, says: ["tensor 'y'", "hole", "write it again"]),
    header(
      "offsets out of range", "{\(entry("x", "U8", "[400]", "[0,400]"))}", data: 4,
      says: ["tensor 'x'", "get it again"]),
    header(
      "a name twice",
      "{\(entry("x", "U8", "[4]", "[0,4]")),\(entry("x", "U8", "[4]", "[4,8]"))}", data: 8,
      says: ["'x'"]),
    header(
      "an unknown dtype", "{\(entry("x", "F17", "[4]", "[0,4]"))}", data: 4,
      says: ["tensor 'x'", "unknown dtype 'F17'", "write it again"]),
    header(
      "a wrong size", "{\(entry("x", "F16", "[4]", "[0,4]"))}", data: 4,
      says: ["tensor 'x'", "span 4 bytes", "need 8", "write it again"]),
  ]

  private static let shards: [BadInput] = [
    sharded(
      "a missing shard",
      map: #""t1.weight":"1.safetensors","t2.weight":"2.safetensors""#, files: ["1"],
      says: ["index.json: tensor 't2.weight'", "2.safetensors", "get the missing file"]),
    sharded(
      "an index that names a tensor elsewhere",
      map: #""t1.weight":"2.safetensors","t2.weight":"1.safetensors""#,
      says: ["tensor 't", "get index and shards again"]),
    sharded(
      "an index that forgets a tensor",
      map: #""t1.weight":"1.safetensors","t3.weight":"2.safetensors""#,
      says: ["tensor 't", "get index and shards again"]),
    sharded(
      "an index that leads out of the folder",
      map: #""t1.weight":"../1.safetensors""#, says: ["tensor 't1.weight'", "do not trust"]),
  ]
}

@Suite struct BadInputTests {
  /// One line that begins as all do, and nothing on stdout.
  static func expectFailure(
    _ outcome: Program.Outcome, says: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.status == 1, sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    #expect(outcome.error.hasPrefix("error: "), sourceLocation: sourceLocation)
    #expect(
      outcome.error.hasSuffix("\n") && outcome.errorLines.count == 1,
      "\(outcome.error)", sourceLocation: sourceLocation)
    for words in says {
      #expect(outcome.error.contains(words), sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: BadInput.all)
  func `a bad model is refused in one line and leaves nothing`(input: BadInput) throws {
    let folder = try TemporaryFolder()
    try input.make(folder)
    let before = try folder.names()
    Self.expectFailure(
      try Program.run(["quantize", "model", "-o", "out.tone"], in: folder.path), says: input.says)
    #expect(try folder.names() == before)
    guard input.testDescription != "NaN" else { return }
    for command in [
      ["inspect", "model"], ["check", "model"], ["dequantize", "model", "-o", "plain"],
    ] {
      Self.expectFailure(try Program.run(command, in: folder.path), says: input.says)
    }
    #expect(try folder.names() == before)
  }

  @Test func `NaN is kept where that is asked for`() throws {
    let nan = TestTensor("x.weight", .bf16, [2, 64], [Float](repeating: .nan, count: 128))
    let model = try SmallModel(SmallModel.tensors + [nan])
    #expect(try model.run("quantize", "model", "-o", "m.tone").status == 1)
    #expect(try model.outputs() == [])
    #expect(try model.run("quantize", "model", "-o", "m.tone", "--keep-non-finite").status == 0)
  }

  @Test func `an existing output is refused by name and left as it is`() throws {
    let model = try SmallModel()
    try model.folder.write("mine", as: "m.tone")
    Self.expectFailure(
      try model.run("quantize", "model", "-o", "m.tone"), says: ["m.tone: exists", "--overwrite"])
    #expect(try model.folder.contents(of: "m.tone") == Data("mine".utf8))
    Self.expectFailure(
      try model.run("dequantize", "model", "-o", "m.tone"), says: ["m.tone: "])
    #expect(try model.folder.contents(of: "m.tone") == Data("mine".utf8))
    #expect(try model.run("quantize", "model", "-o", "m.tone", "--overwrite").status == 0)
    Self.expectFailure(
      try model.run("dequantize", "m.tone", "-o", "model"), says: ["model: ", "--overwrite"])
    #expect(try model.folder.names(in: "model") == ["config.json", "model.safetensors"])
    #expect(try model.outputs() == ["m.tone"])
  }

  @Test func `an output that can't be written is refused by name`() throws {
    let model = try SmallModel()
    Self.expectFailure(
      try model.run("quantize", "model", "-o", "no/m.tone"),
      says: ["no/m.tone: no such folder 'no'", "check the path"])
    Self.expectFailure(
      try model.run("quantize", "model", "-o", "."), says: ["is a directory"])
    Self.expectFailure(
      try model.run("dequantize", "model", "-o", "no/plain"),
      says: ["no/plain: no such folder 'no'", "check the path"])
    #expect(try model.outputs() == [])
  }

  @Test(.enabled(if: getuid() != 0, "access rights do not bind the superuser"))
  func `a folder without the right to write is refused by name`() throws {
    let model = try SmallModel()
    try FileManager.default.createDirectory(
      atPath: model.folder.path("locked"), withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o555])
    Self.expectFailure(
      try model.run("quantize", "model", "-o", "locked/m.tone"),
      says: ["locked/m.tone: no permission", "change its access rights"])
  }

  @Test(arguments: [
    ("schema: nf4", ["mix.yaml: unknown key 'schema'", "formats/recipes.md"]),
    ("scheme: [nf4", ["mix.yaml: line 2, column 1", "not YAML"]),
    ("rules: [{match: 'norm*', scheme: int8-row}]", ["model.safetensors: tensor 'norm.weight'"]),
  ])
  func `a bad recipe is refused by name`(text: String, says: [String]) throws {
    let model = try SmallModel()
    try model.folder.write(text, as: "mix.yaml")
    Self.expectFailure(
      try model.run("quantize", "model", "-o", "m.tone", "--recipe", "mix.yaml"), says: says)
    Self.expectFailure(
      try model.run("quantize", "model", "-o", "m.tone", "--recipe", "none.yaml"),
      says: ["none.yaml: no such file"])
    #expect(try model.outputs() == ["mix.yaml"])
  }

  @Test func `an instruction set that does not exist is refused`() throws {
    let model = try SmallModel()
    Self.expectFailure(
      try model.run(
        "quantize", "model", "-o", "m.tone", environment: ["HALFTONE_ISA": "nonsense"]),
      says: ["HALFTONE_ISA", "unset it"])
    #expect(try model.outputs() == [])
  }

  @Test func `check finds any flipped byte`() throws {
    let model = try SmallModel()
    #expect(try model.run("quantize", "model", "-o", "m.tone").status == 0)
    let whole = try model.folder.contents(of: "m.tone")
    let seed: UInt64 = 5
    var generator = SeededGenerator(seed: seed)
    // Every region: both ends, and a sample of what lies between.
    var places = [0, 5, 9, whole.count - 1, whole.count - 20]
    places += (0..<25).map { _ in Int.random(in: 0..<whole.count, using: &generator) }
    for place in places {
      var damaged = whole
      damaged[damaged.startIndex + place] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
      try model.folder.write(damaged, as: "bad.tone")
      let outcome = try model.run("check", "bad.tone")
      #expect(outcome.status == 1, "seed \(seed), byte \(place) of \(whole.count)")
      Self.expectFailure(outcome, says: ["bad.tone: "])
    }
  }
}
