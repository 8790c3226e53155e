// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Quantization
import Runtimes
import Tensors

/// A plan for one output file: the tensors that go into it, and which part of the model it is.
package struct ConversionPlan: Sendable {
  package let entries: [Plan.Entry]
  package let part: Directory.Part
  /// What the format changes or costs beyond the tensors, a sentence each.
  package let notes: [String]

  /// Picks the tensors of the part that is asked for.
  ///
  /// Parts are runs of tensors of about equal size.
  ///
  /// - Throws: ``ConversionError``.
  init(entries: [Plan.Entry], source: any ModelSource, options: QuantizeOptions) throws {
    let format = try OutputFormats.format(named: options.format)
    if options.part != nil, !format.hasParts {
      throw ConversionError.noParts(format: options.format)
    }
    let fitted = try namingModel(source) { try format.fit(entries, of: source) }
    let entries = fitted.entries
    notes = fitted.notes
    guard let asked = options.part, asked.count > 1 || asked.index != 1 else {
      self.entries = entries
      part = Directory.Part(index: 1, count: 1, set: Self.identity(of: entries, options, count: 1))
      return
    }
    guard (1...asked.count).contains(asked.index), asked.count <= entries.count else {
      throw ConversionError.part(
        index: asked.index, count: asked.count, tensorCount: entries.count)
    }
    let suffix = PartName.suffix(index: asked.index, count: asked.count)
    guard options.output.hasSuffix("\(suffix).\(ToneFormat.fileExtension)") else {
      throw ConversionError.partName(output: options.output, suffix: suffix)
    }
    let bounds = Self.bounds(of: entries.map(\.storedByteCount), parts: asked.count)
    self.entries = Array(entries[bounds[asked.index - 1]..<bounds[asked.index]])
    part = Directory.Part(
      index: asked.index, count: asked.count,
      set: Self.identity(of: entries, options, count: asked.count))
  }

  /// Where parts begin and end: part i is `bounds[i - 1] ..< bounds[i]`, and none is empty.
  static func bounds(of byteCounts: [Int], parts: Int) -> [Int] {
    let total = byteCounts.reduce(0, +)
    var bounds = [0]
    var done = 0
    for (index, byteCount) in byteCounts.enumerated() {
      let open = parts - bounds.count
      guard open > 0 else { break }
      done += byteCount
      let isFull = done >= total / parts * bounds.count
      if isFull || byteCounts.count - (index + 1) <= open { bounds.append(index + 1) }
    }
    bounds.append(byteCounts.count)
    return bounds
  }

  /// Eight digits that two files share only if they were made from tensors of the same names and
  /// shapes, by the same plan and version, in the same number of parts.
  private static func identity(
    of entries: [Plan.Entry], _ options: QuantizeOptions, count: Int
  ) -> String {
    var text = "\(Tool.nameAndVersion)\n\(count)\n"
    for entry in entries {
      text +=
        "\(entry.tensor.name.quoted) \(entry.tensor.shape) \(entry.tensor.elementType.rawValue) "
      text += "\(entry.schemeName) \(entry.storedByteCount)\n"
    }
    return SourceDigests.hexadecimal(
      Array(text.utf8).withUnsafeBytes { Kernels.active.crc32c($0) })
  }
}

extension ConversionPlan {
  /// All that a user should know of the output, a sentence each: the dry run's.
  ///
  /// - Throws: the runtime's error where the format does not support the model.
  package func allNotes(
    of source: any ModelSource, _ options: QuantizeOptions
  ) throws -> [String] {
    let format = try OutputFormats.format(named: options.format)
    return try notes + namingModel(source) { try format.furtherNotes(of: source, options.recipe) }
  }
}

extension Plan {
  /// The entries, with tensors kept in their source type where a weight is NaN or infinite.
  func keepingNonFinite(of source: any ModelSource, threads: Int) throws -> [Entry] {
    let length = BlockGeometry.slabWeightGoal
    let slabs = entries.enumerated().flatMap {
      index, entry -> [(entry: Int, elements: Range<Int>)] in
      guard entry.scheme != nil else { return [] }
      let count = entry.tensor.elementCount
      return stride(from: 0, to: count, by: length).map { (index, $0..<min($0 + length, count)) }
    }
    var kept = Set<Int>()
    let work = OrderedWork()
    try work.run(count: slabs.count, threads: threads) { unit, _ in
      let (index, elements) = slabs[unit]
      let tensor = entries[index].tensor
      let width = tensor.elementType.bitWidth / 8
      let isFinite = try source.withStoredBytes(
        of: tensor.name, in: elements.lowerBound * width..<elements.upperBound * width
      ) { bytes in
        Slab(
          tensor: tensor.name, elements: elements, bytes: bytes, elementType: tensor.elementType
        ).isFinite
      }
      try work.inTurn(unit) { if !isFinite { kept.insert(index) } }
    }
    return entries.enumerated().map { index, entry in
      kept.contains(index) ? .kept(entry.tensor, reason: "has NaN or infinity") : entry
    }
  }
}
