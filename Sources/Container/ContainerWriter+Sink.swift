// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

extension ContainerWriter: TensorSink {
  package var recordsSources: Bool { true }

  package func makeCoder() -> FrameCoder { FrameCoder() }

  /// Declares the components of all tensors, so that their numbers do not depend on scheduling.
  ///
  /// - Throws: ``FileError``.
  package func declare(_ records: [TensorRecord]) throws -> [[Int]] {
    try records.map { record in
      try record.layout.components.map { component in
        switch component.content {
        case .constant(let bytes):
          try addConstant(
            role: component.role, type: component.elementType, shape: component.shape,
            bytes: bytes)
        case .perSlab(let byteCount):
          addComponent(
            role: component.role, type: component.elementType, shape: component.shape,
            frameByteCount: byteCount)
        case .afterScan:
          addComponent(
            role: component.role, type: component.elementType, shape: component.shape,
            frameByteCount: ToneFormat.plainFrameByteCount)
        }
      }
    }
  }

  /// Writes the files that travel with the model; before the tensors are declared.
  ///
  /// - Throws: ``FileError`` or ``ContainerError/compression(problem:)``.
  package func addAssets(_ assets: [Asset]) throws {
    let coder = FrameCoder()
    for asset in assets {
      let component = try asset.contents.withUnsafeBytes { bytes in
        try addWhole(
          role: Self.assetRole, type: .u8, shape: [bytes.count], bytes: bytes, coder: coder)
      }
      self.assets.append(Directory.AssetEntry(name: asset.name, component: component))
    }
  }

  package func finish(_ tensors: [WrittenTensor], record: ConversionRecord) throws -> Int {
    try finish(
      tool: record.tool, part: part,
      tensors: tensors.map { written in
        Directory.Tensor(
          name: written.record.tensor.name, type: written.record.tensor.elementType.rawValue,
          shape: written.record.tensor.shape, scheme: written.record.scheme,
          encoding: written.record.layout.encoding.mapComponents { written.components[$0] },
          reason: written.record.reason,
          statistics: written.statistics.flatMap(Directory.Statistics.init))
      }, assets: assets,
      provenance: .init(
        sources: record.sources.map {
          .init(name: $0.name, bytes: $0.bytes, crc32c: $0.crc32c, sha256: $0.sha256)
        }, recipe: record.recipe))
  }
}
