// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A `model.bin` before a byte of it exists: every variable with its place, and where the components of each
/// tensor go.
struct CTranslate2Layout: Sendable {
  /// A variable and the place of its bytes.
  struct Variable: Sendable {
    var name: String
    var type: CTranslate2Type
    var shape: [Int]
    var offset = 0

    var byteCount: Int { shape.reduce(1, *) * type.byteCount }
  }

  /// Where rows of a component go.
  struct Place: Sendable {
    /// The bytes of a row of the tensor in this component.
    var rowByteCount: Int
    /// Rows of the tensor, and the file's offset of the first of them; in the order of the tensor.
    var runs: [(rows: Range<Int>, offset: Int)]
    /// The bytes of each frame but the last.
    var frameByteCount: Int
  }

  /// Everything but the bytes of tensors: pieces of the file, by offset.
  private(set) var fixed: [(offset: Int, bytes: [UInt8])] = []
  /// For each record its components; nil where nothing is written of one.
  private(set) var places: [[Place?]] = []
  private(set) var byteCount = 0
  /// The bytes of tensors that are to come.
  private(set) var tensorByteCount = 0
  /// In the order of the file.
  private(set) var variables: [Variable] = []

  /// Lays the file out.
  ///
  /// - Parameter path: the file's, for messages.
  /// - Throws: ``RuntimeError`` where a tensor has no place, or the model lacks one.
  init(
    _ records: [TensorRecord], of checkpoint: CTranslate2Checkpoint
  ) throws {
    var assembly = CTranslate2Assembly(checkpoint)
    for record in records { try assembly.add(record) }
    try assembly.complete()
    let scalars = checkpoint.decoder.scalars
    var contents: [String: [UInt8]] = [:]
    var declared = assembly.variables
    for (name, scalar) in scalars {
      declared.append(Variable(name: name, type: scalar.type, shape: scalar.shape))
      contents[name] = scalar.bytes
    }
    declared.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    var writer = CTranslate2HeaderWriter()
    writer.begin(variableCount: declared.count)
    for index in declared.indices {
      let variable = declared[index]
      guard variable.byteCount <= UInt32.max else {
        throw RuntimeError.notHeld(
          format: CTranslate2.name, tensor: assembly.tensor(of: variable.name),
          scheme: variable.type.elementType.schemeName,
          problem:
            "its variable has \(variable.byteCount) bytes, and no more than \(UInt32.max) can be "
            + "said",
          remedy: "use int8 or a type of 16 bits")
      }
      declared[index].offset = writer.declare(variable)
      if let bytes = contents[variable.name] {
        writer.append(bytes)
      } else {
        writer.skip(variable.byteCount)
      }
    }
    let head = "\(CTranslate2.scope)projection/weight"
    writer.end(
      aliases: checkpoint.isTied ? [(head, "\(CTranslate2.scope)embeddings/weight")] : [])
    variables = declared
    fixed = writer.pieces
    byteCount = writer.position
    let offsets = Dictionary(uniqueKeysWithValues: declared.map { ($0.name, $0.offset) })
    places = assembly.places(offsets)
    tensorByteCount = places.joined().reduce(0) { sum, place in
      sum + (place?.runs.reduce(0) { $0 + $1.rows.count } ?? 0) * (place?.rowByteCount ?? 0)
    }
  }
}
