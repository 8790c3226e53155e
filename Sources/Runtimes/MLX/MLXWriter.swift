// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Stage 3, WRITE: a folder that mlx-lm and mlx-swift-lm load as their own.
package enum MLXWriter {
  /// The model as mlx-lm has it.
  ///
  /// - Throws: ``RuntimeError`` where mlx-lm lacks the family.
  package static func arrange(_ source: any ModelSource) throws -> any ModelSource {
    let model = try MLXModelFamily(of: source)
    return try model.family.arrange(source, isTied: model.isTied)
  }

  /// Fits a plan to what the loaders take.
  ///
  /// - Returns: the entries, and what a user should know, a sentence each.
  /// - Throws: ``RuntimeError``.
  package static func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    let model = try MLXModelFamily(of: source)
    let entries = try entries.map { entry in
      guard entry.stored != nil else { return entry }
      return try MLXRegridding.entry(entry)
    }
    let configuration = try configuration(of: entries.map(\.record), model.family)
    var notes: [String] = []
    if let usual = configuration.usual {
      let others = configuration.modules.filter { $0.setting != usual }.count
      notes.append(
        "config.json gets quantization for \(configuration.modules.count) modules: \(usual.mode.rawValue), "
          + "\(usual.bits) bits, groups of \(usual.group)"
          + (others == 0 ? "" : "; \(others) of them have another setting of their own"))
    } else {
      notes.append("nothing is quantized: a plain folder")
    }
    notes.append("loads in mlx-lm 0.32 and later, and in mlx-swift-lm where that has the family")
    if model.losesWindow {
      notes.append(
        "config.json has a sliding window, which mlx-lm passes over for this family: texts longer than the "
          + "window are computed otherwise there")
    }
    for entry in entries
    where entry.record.plainType != nil
      && model.family.plainModules.contains(where: { entry.tensor.name.hasSuffix($0 + ".weight") })
    {
      notes.append(
        "\(entry.tensor.name) and its like stay in their type, which mlx-lm would round a second time"
      )
      break
    }
    return (entries, notes)
  }

  /// Begins a folder.
  ///
  /// - Parameter records: all tensors that it will hold, as ``fit(_:of:)`` left them.
  /// - Throws: ``RuntimeError``, or the sink's error.
  package static func sink(
    path: String, records: [TensorRecord], source: any ModelSource, shardByteLimit: Int,
    overwrite: Bool
  ) throws -> SafetensorsSink {
    let model = try MLXModelFamily(of: source)
    let configuration = try configuration(of: records, model.family)
    let family = model.family
    return try SafetensorsSink(
      path: path,
      assets: configuration.adding(to: source.assets, of: family, isTied: model.isTied),
      shardByteLimit: shardByteLimit, metadata: ["format": "mlx"], overwrite: overwrite
    ) { record in
      try MLX.arrays(of: record, named: family.runtimeName(record.tensor.name))
    }
  }

  /// The settings of the quantized tensors.
  ///
  /// - Throws: ``RuntimeError/notHeld(format:tensor:scheme:problem:remedy:)``.
  private static func configuration(
    of records: [TensorRecord], _ family: MLXFamily
  ) throws -> MLXConfiguration {
    MLXConfiguration(
      modules: try records.compactMap { record in
        let setting = try MLXForm(of: record).setting
        guard let setting else { return nil }
        let path = String(family.runtimeName(record.tensor.name).dropLast(".weight".count))
        if family.plainModules.contains(where: path.hasSuffix) {
          throw RuntimeError.notHeld(
            format: MLX.name, tensor: record.tensor.name, scheme: record.scheme,
            problem: "mlx-lm rounds this module a second time, or can't load it quantized",
            remedy: "keep it in its type by a rule of a recipe, or dequantize first")
        }
        return (path, setting)
      })
  }
}
