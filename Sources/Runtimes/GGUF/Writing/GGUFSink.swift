// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Synchronization
import Tensors

/// Stage 3, WRITE: a model as one GGUF file, or as several that llama.cpp loads together.
///
/// Every byte has its place from the beginning, so slabs are written as they come. Nothing appears
/// before everything is written; of several files the first, with which loading begins, takes its name
/// last.
package final class GGUFSink: TensorSink {
  /// There is nothing to code.
  package final class Coder: Sendable {}

  package struct Frame {
    let component: Int
    let index: Int
    let bytes: UnsafeRawBufferPointer
  }

  /// A small tensor that no tensor of the checkpoint becomes.
  struct Extra: Sendable {
    var name: String
    var numbers: [Float]
  }

  private struct Place {
    var file: GGUFOutputFile
    var tensor: Int
    /// The bytes of each frame but the last.
    var frameByteCount: Int
  }

  private struct State {
    var files: [GGUFOutputFile] = []
    /// By component.
    var places: [Place] = []
  }

  private let path: String
  private let fields: @Sendable ([GGUFHeader.Tensor]) -> [GGUFField]
  private let extras: [Extra]
  private let names: @Sendable (String) -> String?
  private let fileByteLimit: Int?
  private let overwrite: Bool
  private let state = Mutex(State())

  /// Begins an output.
  ///
  /// - Parameters:
  ///   - path: of the only file; several have numbers before its extension.
  ///   - fields: all metadata, given what tensors there are.
  ///   - extras: tensors beside those that are declared; they come first.
  ///   - names: the format's name of a tensor; nil where it has none.
  ///   - fileByteLimit: a file holds more tensor bytes than this only where a single tensor does; nil
  ///     for one file.
  init(
    path: String, fields: @escaping @Sendable ([GGUFHeader.Tensor]) -> [GGUFField],
    extras: [Extra], names: @escaping @Sendable (String) -> String?, fileByteLimit: Int?,
    overwrite: Bool
  ) {
    self.path = path
    self.fields = fields
    self.extras = extras
    self.names = names
    self.fileByteLimit = fileByteLimit
    self.overwrite = overwrite
  }

  package var recordsSources: Bool { false }

  package func makeCoder() -> Coder { Coder() }

  package func declare(_ records: [TensorRecord]) throws -> [[Int]] {
    let declared = try records.map(tensor)
    let all =
      extras.map { GGUFHeader.Tensor(name: $0.name, shape: [$0.numbers.count], type: .plain(.f32)) }
      + declared
    var seen = Set<String>()
    for tensor in all where !seen.insert(tensor.name).inserted {
      throw RuntimeError.misplaced(file: path, array: tensor.name, problem: "there are two of it")
    }
    let files = try plan(all)
    var places: [Place] = []
    for (file, tensors) in files {
      for index in tensors.indices {
        places.append(Place(file: file, tensor: index, frameByteCount: 0))
      }
    }
    for (extra, place) in zip(extras, places) {
      try extra.numbers.withUnsafeBytes { try place.file.write($0, toTensor: place.tensor, at: 0) }
    }
    places.removeFirst(extras.count)
    for (index, record) in records.enumerated() {
      if case .perSlab(let byteCount) = record.layout.components[0].content {
        places[index].frameByteCount = byteCount
      }
    }
    let state = State(files: files.map(\.file), places: places)
    self.state.withLock { $0 = state }
    return records.indices.map { [$0] }
  }

  /// The files and the tensors in each.
  private func plan(
    _ tensors: [GGUFHeader.Tensor]
  ) throws -> [(file: GGUFOutputFile, tensors: [GGUFHeader.Tensor])] {
    let fields = fields(tensors)
    let groups = GGUFShardPlan.groups(of: tensors.map { $0.byteCount }, limit: fileByteLimit)
    guard groups.count <= GGUFShardPlan.fileLimit else {
      throw RuntimeError.gguf(
        .tooManyFiles(path: path, count: groups.count, limit: GGUFShardPlan.fileLimit))
    }
    return try groups.enumerated().map { number, group in
      let path = GGUFShardPlan.path(of: number, in: groups.count, output: path)
      let shard = GGUFShardPlan.fields(
        of: number, in: groups.count, tensorCount: tensors.count)
      let header = GGUFHeader(
        fields: (number == 0 ? fields : []) + shard, tensors: Array(tensors[group]))
      return (
        try GGUFOutputFile(path: path, header: header, overwrite: overwrite),
        Array(tensors[group])
      )
    }
  }

  private func tensor(of record: TensorRecord) throws -> GGUFHeader.Tensor {
    guard let name = names(record.tensor.name), let type = GGUFType(of: record) else {
      throw RuntimeError.misplaced(
        file: path, array: record.tensor.name, problem: "the plan was not fitted to the format")
    }
    return GGUFHeader.Tensor(name: name, shape: record.tensor.shape, type: type)
  }

  package func prepare(
    _ bytes: UnsafeRawBufferPointer, of component: Int, index: Int, coder: Coder
  ) throws -> Frame { Frame(component: component, index: index, bytes: bytes) }

  /// Every byte has its place from the beginning.
  package func place(_ frame: Frame) -> Frame { frame }

  package func write(_ frame: Frame) throws {
    let place = state.withLock { $0.places[frame.component] }
    try place.file.write(
      frame.bytes, toTensor: place.tensor, at: frame.index * place.frameByteCount)
  }

  package func writeAll(
    _ bytes: UnsafeRawBufferPointer, to component: Int, coder: Coder
  ) throws {
    let place = state.withLock { $0.places[component] }
    try place.file.write(bytes, toTensor: place.tensor, at: 0)
  }

  package func finish(_ tensors: [WrittenTensor], record: ConversionRecord) throws -> Int {
    let files = state.withLock { $0.files }
    var done: [String] = []
    do {
      for file in files.reversed() {
        try file.commit()
        done.append(file.path)
      }
    } catch {
      // Some of several files are no model.
      for path in done { try? FileManager.default.removeItem(atPath: path) }
      throw error
    }
    return files.reduce(0) { $0 + $1.header.byteCount }
  }

  package func cancel() {}

  package func abandon() { for file in state.withLock({ $0.files }) { file.abandon() } }
}
