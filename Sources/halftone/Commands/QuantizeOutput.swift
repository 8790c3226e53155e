// SPDX-License-Identifier: Apache-2.0

import Conversion
import Foundation
import Quantization
import Tensors
import Verification

extension QuantizeSummary {
  /// Prints what was done.
  func show(asJSON: Bool) throws {
    if asJSON { return try JSONOutput.print(self) }
    let share = inputBytes == 0 ? 0 : Double(outputBytes) / Double(inputBytes) * 100
    print(
      "\(output): \(Amount.bytes(outputBytes)), \(String(format: "%.1f", share)) % of "
        + Amount.bytes(inputBytes))
    let error = sqnr.map { String(format: ", signal to noise %.2f dB", $0) } ?? ""
    print(
      "\(quantizedTensors) of \(tensors) tensors quantized: \(scheme), "
        + String(format: "%.3f", bitsPerWeight) + " bits per weight" + error)
    print(
      String(format: "%.2f s", seconds) + ", \(Amount.bytes(inputBytesPerSecond))/s, "
        + "\(Amount.bytes(peakMemoryBytes)) of memory")
  }
}

/// A plan, for people and as JSON.
struct PlanOutput: Encodable {
  struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var type: String
    var scheme: String
    var reason: String
    var inputBytes: Int
    var outputBytes: Int

    enum CodingKeys: String, CodingKey {
      case name, shape, type, scheme, reason
      case inputBytes = "input_bytes"
      case outputBytes = "output_bytes"
    }
  }

  var tensors: [Tensor]
  var inputBytes: Int
  var outputBytes: Int
  var bitsPerWeight: Double
  var notes: [String]

  enum CodingKeys: String, CodingKey {
    case tensors, notes
    case inputBytes = "input_bytes"
    case outputBytes = "output_bytes"
    case bitsPerWeight = "bits_per_weight"
  }

  init(plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions) throws {
    tensors = plan.entries.map { entry in
      Tensor(
        name: entry.tensor.name, shape: entry.tensor.shape,
        type: entry.tensor.elementType.rawValue, scheme: entry.schemeName, reason: entry.reason,
        inputBytes: source.description(of: entry.tensor.name)?.storedByteCount ?? 0,
        outputBytes: entry.storedByteCount)
    }
    inputBytes = tensors.reduce(0) { $0 + $1.inputBytes }
    outputBytes = tensors.reduce(0) { $0 + $1.outputBytes }
    let weights = plan.entries.reduce(0) { $0 + $1.tensor.elementCount }
    bitsPerWeight = weights == 0 ? 0 : Double(outputBytes) * 8 / Double(weights)
    notes = try plan.allNotes(of: source, options)
  }

  func show(asJSON: Bool) throws {
    if asJSON { return try JSONOutput.print(self) }
    var table = TextTable([
      ("tensor", .left), ("shape", .left), ("scheme", .left), ("from", .right), ("to", .right),
      ("why", .left),
    ])
    for tensor in tensors {
      table.add(
        tensor.name, tensor.shape.map(String.init).joined(separator: "×"), tensor.scheme,
        Amount.bytes(tensor.inputBytes), Amount.bytes(tensor.outputBytes), tensor.reason)
    }
    print(table.text, terminator: "")
    print(
      "\(tensors.count) tensors, \(Amount.bytes(inputBytes)) → \(Amount.bytes(outputBytes)) before "
        + "compression, " + String(format: "%.3f", bitsPerWeight) + " bits per weight")
    for note in notes { print(note) }
  }
}
