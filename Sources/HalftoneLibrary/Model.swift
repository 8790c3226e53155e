// SPDX-License-Identifier: Apache-2.0

import Conversion
import Foundation
import Tensors

/// A model on disk: its tensors, and the files that travel with them.
///
/// Opening checks the file's structure completely and reads no weights; rows are read, checked and
/// dequantized when they are asked for. A model may be used from several threads.
///
/// ```swift
/// let model = try Model(contentsOf: URL(filePath: "model.tone"))
/// let row = try model.rows(0..<1, of: "model.embed_tokens.weight")
/// ```
public struct Model: Sendable {
  private let source: any ModelSource

  /// Opens a `.tone` file, a `.safetensors` file, or a folder with either.
  ///
  /// - Throws: an error whose description names the file, the place and the remedy, on one line.
  public init(contentsOf url: URL) throws {
    source = try openModel(at: url.path)
  }

  /// The format in a word: `tone`, `safetensors`.
  public var format: String { source.format }

  /// Every tensor, in the order of the file.
  public var tensors: [TensorDescription] { source.tensors }

  /// The names of the files that travel with the model, such as `config.json`, sorted.
  public var assetNames: [String] { source.assets.map(\.name) }

  /// The bytes of a file that travels with the model, or nil where there is none of that name.
  public func asset(named name: String) -> Data? { source.asset(name) }

  /// Reads rows of a tensor as fp32, dequantized.
  ///
  /// - Parameters:
  ///   - rows: a range inside `0 ..< rowCount`; a row is a run of `columnCount` weights.
  ///   - name: the tensor's full name.
  /// - Returns: `rows.count * columnCount` weights, row-major.
  /// - Throws: ``ModelError`` where there is no such tensor or row, or what is wrong with the file.
  /// - Complexity: O(weights read), plus what shares a compressed frame with them.
  public func rows(_ rows: Range<Int>, of name: String) throws -> [Float] {
    guard let tensor = source.description(of: name) else { throw ModelError.noTensor(name) }
    guard rows.lowerBound >= 0, rows.upperBound <= tensor.rowCount else {
      throw ModelError.rowsOutsideTensor(name, rows: rows, count: tensor.rowCount)
    }
    let elements = rows.lowerBound * tensor.columnCount..<rows.upperBound * tensor.columnCount
    return try [Float](unsafeUninitializedCapacity: elements.count) { buffer, count in
      try source.read(name, elements: elements, into: buffer)
      count = elements.count
    }
  }
}

/// What a caller asked a model for that it does not have.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// The model has a tensor of that name.
  case noTensor(String)
  /// Rows lie inside the tensor.
  case rowsOutsideTensor(String, rows: Range<Int>, count: Int)

  /// The rule that was broken, and the remedy, in a line.
  public var description: String {
    switch self {
    case .noTensor(let name):
      "there is no tensor '\(name)'; Model.tensors lists those that there are"
    case .rowsOutsideTensor(let name, let rows, let count):
      "tensor '\(name)' has \(count) rows, so \(rows) are not among them; ask for fewer"
    }
  }
}
