// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Stage 3, WRITE: a folder that CTranslate2's `Generator` loads.
package enum CTranslate2Writer {
  /// The mixture that a user gets who asks for none.
  package static let defaultScheme = "int8"

  /// The model with the weights that are stored with a row for each input transposed.
  ///
  /// All other arrangement is the sink's, which writes rows where they belong and so keeps their codes.
  /// - Throws: ``RuntimeError`` where the runtime does not have the model's family, or an option of it.
  package static func arrange(_ source: any ModelSource) throws -> any ModelSource {
    let checkpoint = try CTranslate2Checkpoint(of: source)
    func isTransposed(_ tensor: TensorDescription) -> Bool {
      guard let part = checkpoint[tensor.name] else { return false }
      return part.module.isTransposed && part.isWeight && tensor.shape.count == 2
    }
    guard source.tensors.contains(where: isTransposed) else { return source }
    return try ArrangedSource(
      source,
      source.tensors.map { tensor in
        isTransposed(tensor)
          ? Arrangement(
            tensor.name, shape: tensor.shape.reversed(),
            pieces: [.init(tensor.name, isTransposed: true)])
          : Arrangement(asIs: tensor)
      })
  }

  /// Fits a plan to what the loader takes: weights are all of 8 bits, or none is.
  ///
  /// - Returns: the entries, and what a user should know, a sentence each.
  /// - Throws: ``RuntimeError``, also where a variable would be too large.
  package static func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    let checkpoint = try CTranslate2Checkpoint(of: source)
    let fitted = try unified(entries, of: checkpoint)
    let layout = try CTranslate2Layout(fitted.map(\.record), of: checkpoint)
    _ = try CTranslate2Companions(of: source, checkpoint, layout: layout)
    let unused = entries.filter { checkpoint.isUnused($0.tensor.name) }
    var notes = try checkpoint.family.notes(checkpoint.keys)
    if !unused.isEmpty { notes.append("left out, for nothing uses them: \(unused.count) tensors") }
    return (
      fitted,
      notes + [
        "config.json and vocabulary.json are CTranslate2's, made from the model's own and its tokenizer",
        "loads in CTranslate2 4.8 or later",
      ]
    )
  }

  /// Gives all weights 8 bits where some have them: the loader would do so itself, by chance of their
  /// order.
  private static func unified(
    _ entries: [Plan.Entry], of checkpoint: CTranslate2Checkpoint
  ) throws -> [Plan.Entry] {
    func isWeight(_ entry: Plan.Entry) -> Bool {
      checkpoint[entry.tensor.name]?.isWeight ?? false
    }
    guard let coded = entries.first(where: { isWeight($0) && $0.record.plainType == nil }) else {
      return entries
    }
    let scheme = try Schemes.scheme(named: CTranslate2Mixture.all[0].weights)
    return try entries.map { entry in
      guard isWeight(entry), entry.record.plainType != nil else { return entry }
      guard !entry.isByRule else {
        throw RuntimeError.mixed(
          format: CTranslate2.name, tensor: entry.tensor.name, scheme: entry.schemeName,
          otherTensor: coded.tensor.name, otherScheme: coded.schemeName)
      }
      return try .encoded(
        entry.tensor, by: scheme, reason: "\(CTranslate2.name) has one type for all weights")
    }
  }

  /// Begins a folder.
  ///
  /// - Parameter records: all tensors that it will hold, as ``fit(_:of:)`` left them.
  /// - Throws: ``RuntimeError``, or the sink's error.
  package static func sink(
    path: String, records: [TensorRecord], source: any ModelSource, overwrite: Bool
  ) throws -> CTranslate2Sink {
    let checkpoint = try CTranslate2Checkpoint(of: source)
    let layout = try CTranslate2Layout(records, of: checkpoint)
    return try CTranslate2Sink(
      path: path, checkpoint: checkpoint,
      files: CTranslate2Companions(of: source, checkpoint, layout: layout).files,
      overwrite: overwrite)
  }
}
