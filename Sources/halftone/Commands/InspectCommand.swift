// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Container
import Conversion
import Foundation
import Tensors
import Verification

/// `halftone inspect`: what a model is.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a model is made of.",
    discussion: """
      halftone inspect model.tone
      halftone inspect model/ --tensors
      halftone inspect model.tone --json | jq .schemes
      """)

  @Argument(help: "The model to read.", completion: .file())
  var model: String

  @Flag(help: "List every tensor.")
  var tensors = false

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    let output = InspectOutput(try openModel(at: model), listsTensors: tensors)
    if json { return try JSONOutput.print(output) }
    print(output.text)
  }
}

/// What `inspect` says.
struct InspectOutput: Encodable {
  struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var type: String
    var scheme: String
    var bytes: Int
    var bitsPerWeight: Double

    enum CodingKeys: String, CodingKey {
      case name, shape, type, scheme, bytes
      case bitsPerWeight = "bits_per_weight"
    }
  }

  struct SchemeTotal: Encodable {
    var scheme: String
    var tensors: Int
    var weights: Int
    var bytes: Int
  }

  var path: String
  var format: String
  var bytes: Int
  var weights: Int
  var tensorCount: Int
  var schemes: [SchemeTotal]
  var assets: [String]
  var tool: String?
  var sources: [Directory.SourceFile]?
  var tensors: [Tensor]?
  var instructionSet = Kernels.active.instructionSet

  enum CodingKeys: String, CodingKey {
    case path, format, bytes, weights, schemes, assets, tool, sources, tensors
    case tensorCount = "tensor_count"
    case instructionSet = "instruction_set"
  }

  init(_ source: any ModelSource, listsTensors: Bool) {
    path = source.path
    format = source.format
    bytes = source.byteCount
    weights = source.tensors.reduce(0) { $0 + $1.elementCount }
    tensorCount = source.tensors.count
    assets = source.assets.map(\.name)
    let directory = (source as? ToneModel)?.files.first?.directory
    tool = directory?.tool
    sources = directory?.provenance.sources
    schemes = Dictionary(grouping: source.tensors, by: \.scheme).map { scheme, tensors in
      SchemeTotal(
        scheme: scheme, tensors: tensors.count,
        weights: tensors.reduce(0) { $0 + $1.elementCount },
        bytes: tensors.reduce(0) { $0 + $1.storedByteCount })
    }.sorted { ($1.bytes, $0.scheme) < ($0.bytes, $1.scheme) }
    tensors =
      listsTensors
      ? source.tensors.map { tensor in
        Tensor(
          name: tensor.name, shape: tensor.shape, type: tensor.elementType.rawValue,
          scheme: tensor.scheme, bytes: tensor.storedByteCount,
          bitsPerWeight: tensor.elementCount == 0
            ? 0 : Double(tensor.storedByteCount) * 8 / Double(tensor.elementCount))
      } : nil
  }

  /// For people.
  var text: String {
    var lines = [
      "\(path): \(format), \(Amount.bytes(bytes)), \(tensorCount) tensors, "
        + "\(weights.grouped) weights"
    ]
    if let tool { lines.append("written by \(tool)") }
    for source in sources ?? [] {
      lines.append("from \(source.name), \(source.bytes) bytes, CRC-32C \(source.crc32c)")
    }
    if !assets.isEmpty { lines.append("with \(assets.joined(separator: ", "))") }
    var table = TextTable([
      ("scheme", .left), ("tensors", .right), ("weights", .right), ("bytes", .right),
      ("bits/weight", .right),
    ])
    for scheme in schemes {
      table.add(
        scheme.scheme, "\(scheme.tensors)", scheme.weights.grouped, Amount.bytes(scheme.bytes),
        String(format: "%.3f", Double(scheme.bytes) * 8 / Double(max(1, scheme.weights))))
    }
    lines.append(String(table.text.dropLast()))
    guard let tensors else { return lines.joined(separator: "\n") }
    var list = TextTable([
      ("tensor", .left), ("shape", .left), ("type", .left), ("scheme", .left), ("bytes", .right),
    ])
    for tensor in tensors {
      list.add(
        tensor.name, tensor.shape.map(String.init).joined(separator: "×"), tensor.type,
        tensor.scheme, Amount.bytes(tensor.bytes))
    }
    return (lines + ["", String(list.text.dropLast())]).joined(separator: "\n")
  }
}
