// SPDX-License-Identifier: Apache-2.0

import CKernels
import Checkpoints
import Foundation
import Quantization
import Tensors

/// Writes any model as a plain safetensors folder that every tool reads.
///
/// Floating-point tensors become `type`, or what they were before quantization where it is nil; others
/// are copied. `config.json` names the new type.
/// - Returns: the number of bytes of the folder's tensors.
/// - Throws: the error of the stage that failed; then there is no folder.
package func dequantize(
  modelAt path: String, to output: String, type: ElementType?, threads: Int, overwrite: Bool,
  progress: (ConversionProgress) -> Void = { _ in }
) throws -> Int {
  try dequantize(
    openModel(at: path), to: output, type: type,
    shardByteLimit: SafetensorsDirectoryWriter.defaultShardByteLimit, threads: threads,
    overwrite: overwrite, progress: progress)
}

/// The same for a model that is open.
func dequantize(
  _ source: any ModelSource, to output: String, type: ElementType?, shardByteLimit: Int,
  threads: Int, overwrite: Bool, progress: (ConversionProgress) -> Void
) throws -> Int {
  let declarations = source.tensors.map { tensor in
    TensorDeclaration(
      name: tensor.name, elementType: tensor.restoredType(asking: type), shape: tensor.shape)
  }
  let writer = try SafetensorsDirectoryWriter(
    path: output, tensors: declarations, assets: try source.assets.renamingType(to: type),
    shardByteLimit: shardByteLimit, overwrite: overwrite)
  do {
    try writer.fill(from: source, declarations, threads: threads, progress: progress)
    try writer.commit()
  } catch {
    writer.abandon()
    throw error
  }
  return writer.plan.byteCount
}

extension TensorDescription {
  /// What the tensor's weights are restored to.
  fileprivate func restoredType(asking type: ElementType?) -> ElementType {
    elementType.isQuantizable ? type ?? elementType : elementType
  }

  /// Whether its stored bytes are what is asked for.
  fileprivate func isStored(as type: ElementType) -> Bool {
    elementType == type && scheme == type.schemeName
  }
}

extension SafetensorsDirectoryWriter {
  /// Streams all tensors in slabs.
  fileprivate func fill(
    from source: any ModelSource, _ declarations: [TensorDeclaration], threads: Int,
    progress: (ConversionProgress) -> Void
  ) throws {
    let length = BlockGeometry.slabWeightGoal
    let slabs = source.tensors.indices.flatMap { index -> [(tensor: Int, elements: Range<Int>)] in
      let count = source.tensors[index].elementCount
      return stride(from: 0, to: count, by: length).map { (index, $0..<min($0 + length, count)) }
    }
    var done = 0
    let work = OrderedWork()
    try work.run(count: slabs.count, threads: threads) { unit, _ in
      let (index, elements) = slabs[unit]
      let tensor = source.tensors[index]
      let type = declarations[index].elementType
      if tensor.isStored(as: type) {
        let bits = type.bitWidth
        try source.withStoredBytes(
          of: tensor.name, in: elements.lowerBound * bits / 8..<elements.upperBound * bits / 8
        ) { bytes in
          try work.inTurn(unit) { _ = try append(bytes, to: tensor.name) }
        }
      } else {
        let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: elements.count)
        defer { floats.deallocate() }
        try source.read(tensor.name, elements: elements, into: floats)
        if let index = floats.firstOverflow(of: type) {
          throw ConversionError.outsideRange(
            file: source.path, tensor: tensor.name, index: elements.lowerBound + index, type: type)
        }
        let bytes = floats.narrowed(to: type)
        try work.inTurn(unit) { _ = try append(bytes, to: tensor.name) }
      }
      work.signal {
        done += 1
        progress(ConversionProgress(bytesDone: done, bytesInAll: slabs.count))
      }
    }
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// The first finite number that would become infinite in a type.
  fileprivate func firstOverflow(of type: ElementType) -> Int? {
    guard type != .f32, let base = baseAddress else { return nil }
    var largest: Float = 0
    let hasOthers = Kernels.active.table.absmax(base, count, count, &largest) != 0
    guard hasOthers || largest >= type.overflowThreshold else { return nil }
    return firstIndex { $0.isFinite && abs($0) >= type.overflowThreshold }
  }
}

extension [Asset] {
  /// The assets, where `config.json` names `type` as the type of the weights.
  fileprivate func renamingType(to type: ElementType?) throws -> [Asset] {
    let names: [ElementType: String] = [.f32: "float32", .bf16: "bfloat16", .f16: "float16"]
    guard let name = type.flatMap({ names[$0] }) else { return self }
    return try map { asset in
      guard asset.name == "config.json",
        var config = try JSONSerialization.jsonObject(with: asset.contents) as? [String: Any]
      else { return asset }
      for key in ["dtype", "torch_dtype"] where config[key] != nil { config[key] = name }
      return Asset(
        name: asset.name,
        contents: try JSONSerialization.data(
          withJSONObject: config, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]))
    }
  }
}
