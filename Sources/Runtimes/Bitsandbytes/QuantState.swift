// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// The description of a four-bit weight, JSON in a tensor of bytes.
///
/// Its keys are a closed set: bitsandbytes refuses a file with another one.
struct QuantState: Codable, Equatable {
  var quantType: String
  var blockSize: Int
  /// The type of the weights before quantization.
  var dtype: String
  var shape: [Int]
  var nestedBlockSize: Int?
  var nestedDtype: String?
  /// What was subtracted from the scales before they were quantized; an fp32 number.
  var nestedOffset: Double?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case dtype, shape
    case quantType = "quant_type"
    case blockSize = "blocksize"
    case nestedBlockSize = "nested_blocksize"
    case nestedDtype = "nested_dtype"
    case nestedOffset = "nested_offset"
  }

  /// The longest number that ``pythonText`` gives, in bytes.
  static let longestNumber = 24

  /// The text as Python's `json.dumps` writes it, keys in bitsandbytes' order.
  var text: String {
    var text = "{\"quant_type\": \"\(quantType)\", \"blocksize\": \(blockSize), "
    text += "\"dtype\": \"\(dtype)\", "
    text += "\"shape\": [\(shape.map(String.init).joined(separator: ", "))]"
    if let nestedBlockSize, let nestedDtype, let nestedOffset {
      text += ", \"nested_blocksize\": \(nestedBlockSize), \"nested_dtype\": \"\(nestedDtype)\", "
      text += "\"nested_offset\": \(nestedOffset.pythonText)"
    }
    return text + "}"
  }

  /// Reads a description.
  ///
  /// - Returns: nil and what is wrong, in words that go on a sentence about the weight.
  static func parse(_ bytes: UnsafeRawBufferPointer) -> (state: QuantState?, problem: String) {
    do {
      try JSONScan.validate(bytes)
      let known = Set(CodingKeys.allCases.map(\.rawValue))
      var unknown: String?
      var scan = try JSONScan(bytes)
      try scan.object { scan, key, _ in
        if !known.contains(key) { unknown = unknown ?? key }
        try scan.skip()
      }
      if let unknown { return (nil, "its quant_state has the unknown key \(unknown.quoted)") }
      return (try JSONDecoder().decode(QuantState.self, from: Data(bytes)), "")
    } catch let error as JSONError {
      return (nil, "its quant_state is malformed JSON: \(error)")
    } catch {
      return (nil, "its quant_state lacks a key or has a value of the wrong kind")
    }
  }
}

extension Double {
  /// The number as Python's `repr` writes it: the fewest digits that give it back, with an exponent of at
  /// least two digits below 1e-4 and from 1e16 on.
  ///
  /// Finite numbers only.
  var pythonText: String {
    let (digits, point) = shortestDigits
    let sign = self.sign == .minus ? "-" : ""
    if self == 0 { return sign + "0.0" }
    if point > 16 || point < -3 {
      let exponent = abs(point - 1)
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      return sign + digits.prefix(1) + fraction + (point > 0 ? "e+" : "e-")
        + (exponent < 10 ? "0" : "") + String(exponent)
    }
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    let zeros = String(repeating: "0", count: max(0, point - digits.count))
    let fraction = digits.dropFirst(point)
    return sign + digits.prefix(point) + zeros + "." + (fraction.isEmpty ? "0" : fraction)
  }

  /// The shortest digits d₁d₂… without zeros at the ends, and the place of the point: 0.d₁d₂… × 10^point.
  private var shortestDigits: (digits: String, point: Int) {
    let parts = magnitude.description.split(separator: "e")
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let halves = parts[0].split(separator: ".")
    let whole = halves[0]
    let all = whole + (halves.count > 1 ? halves[1] : "")
    let leading = all.prefix { $0 == "0" }.count
    var digits = all.dropFirst(leading)
    while digits.last == "0" { digits.removeLast() }
    return (String(digits), whole.count - leading + exponent)
  }
}
