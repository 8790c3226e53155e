// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Stage 3, WRITE: a checkpoint as a GGUF file for llama.cpp.
package enum GGUFWriter {
  package static let name = "gguf"

  /// The checkpoint with its tensors as llama.cpp wants them, under the checkpoint's names.
  ///
  /// - Throws: ``RuntimeError``.
  package static func arrange(_ source: any ModelSource) throws -> any ModelSource {
    try asRuntimeError {
      let model = try GGUFCheckpoint(source)
      let arrangement = try GGUFArrangement(
        model.family, sizes: model.architecture.sizes,
        layerCount: model.count("block_count") ?? 0, expertCount: model.count("expert_count"),
        source: source)
      return try ArrangedSource(source, arrangement.arrangements)
    }
  }

  /// What llama.cpp calls the tensors of an arranged checkpoint, and the numbers that mixes go by.
  ///
  /// - Throws: ``RuntimeError``.
  package static func names(
    of source: any ModelSource
  ) throws -> (names: [String: String], model: GGUFModelShape) {
    let checkpoint = try asRuntimeError { try GGUFCheckpoint(source) }
    let names = GGUFNames(checkpoint.family)
    let found = source.tensors.compactMap { tensor in
      names.name(of: tensor.name).map { (tensor.name, $0) }
    }
    return (
      Dictionary(uniqueKeysWithValues: found),
      GGUFModelShape(
        architecture: checkpoint.family.architecture, fields: checkpoint.architecture.fields)
    )
  }

  /// Fits a plan to what llama.cpp loads: vectors, norms and routers in F32, as its converter writes
  /// them.
  ///
  /// - Returns: the entries, and what a user should know, a sentence each.
  /// - Throws: ``RuntimeError``.
  package static func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try asRuntimeError { try fitted(entries, of: source) }
  }

  private static func fitted(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    let model = try GGUFCheckpoint(source)
    let names = GGUFNames(model.family)
    let fitted = try entries.map { entry in
      guard let name = names.name(of: entry.tensor.name) else {
        throw GGUFWritingError.unknownTensor(
          tensor: entry.tensor.name, architecture: model.family.architecture)
      }
      return try fit(entry, named: name)
    }
    return (fitted, model.architecture.notes + standInNotes(fitted))
  }

  /// In what llama.cpp cuts texts otherwise than the checkpoint's tokenizer, a sentence each.
  ///
  /// - Throws: ``RuntimeError``, or the tokenizer's own error, where it has no counterpart.
  package static func tokenizerNotes(of source: any ModelSource) throws -> [String] {
    try asRuntimeError { try GGUFCheckpoint(source).tokenizer().notes }
  }

  private static func fit(_ entry: Plan.Entry, named name: String) throws -> Plan.Entry {
    let tensor = entry.tensor
    guard GGUFPrecision.isAlwaysFloat(name, shape: tensor.shape) else {
      guard GGUFType(of: entry.record) != nil else {
        throw RuntimeError.notHeld(
          format: Self.name, tensor: tensor.name, scheme: entry.schemeName,
          problem:
            "llama.cpp has no such blocks, or rows of \(tensor.columnCount) are no whole ones",
          remedy: "use another scheme, or requantize with --requantize")
      }
      return entry
    }
    if entry.record.plainType == .f32 { return entry }
    guard entry.scheme == nil || !entry.isByRule, tensor.elementType.isQuantizable else {
      throw RuntimeError.notHeld(
        format: Self.name, tensor: tensor.name, scheme: entry.schemeName,
        problem: "llama.cpp computes with it in F32", remedy: "leave it out of the recipe")
    }
    return try .encoded(
      tensor, by: Schemes.scheme(named: "f32"), reason: "\(entry.reason), F32 in GGUF")
  }

  /// What is said of tensors that get another type than the one that was chosen.
  static func standInNotes(_ entries: [Plan.Entry]) -> [String] {
    let count = entries.count { $0.reason.contains(GGUFBlockScheme.wholeBlocks) }
    guard count > 0 else { return [] }
    return [
      "the rows of \(count) tensors are not whole blocks of the type that was chosen; they get a "
        + "type of smaller blocks, as llama-quantize has it, and take more space"
    ]
  }

  /// Begins an output.
  ///
  /// - Parameters:
  ///   - records: all tensors that it will hold, as ``fit(_:of:)`` left them.
  ///   - fileByteLimit: nil for one file.
  ///   - fileType: the number of the mixture, where there is one.
  /// - Throws: ``RuntimeError``, or the tokenizer's own error.
  package static func sink(
    path: String, records: [TensorRecord], source: any ModelSource, fileByteLimit: Int?,
    fileType: UInt32?, overwrite: Bool
  ) throws -> GGUFSink {
    let (model, tokenizer) = try asRuntimeError {
      let model = try GGUFCheckpoint(source)
      return (model, try model.tokenizer())
    }
    let names = GGUFNames(model.family)
    let general = try GGUFGeneralFields(model, source: source)
    return GGUFSink(
      path: path,
      fields: { tensors in
        general.fields(of: tensors, fileType: fileType) + model.architecture.fields
          + tokenizer.fields
      },
      extras: model.architecture.extras, names: names.name, fileByteLimit: fileByteLimit,
      overwrite: overwrite)
  }

  /// Does a part of the work; what is wrong then is said as any runtime says it.
  private static func asRuntimeError<Result>(_ work: () throws -> Result) throws -> Result {
    do { return try work() } catch let error as GGUFWritingError { throw RuntimeError.gguf(error) }
  }
}
