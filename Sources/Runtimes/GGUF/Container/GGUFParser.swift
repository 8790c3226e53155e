// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Reads a file's fields in their order; so the calls in ``parse()`` are the format's diagram.
struct GGUFParser {
  private(set) var version: UInt32 = 0
  private(set) var metadata: GGUFMetadata
  private(set) var tensors: [GGUFTensor] = []
  private var cursor: GGUFCursor
  private var alignment = GGUFFormat.defaultAlignment

  private var file: String { cursor.file }

  init(_ bytes: UnsafeRawBufferPointer, of file: MappedFile) {
    cursor = GGUFCursor(bytes, file: file.path)
    metadata = GGUFMetadata(file: file)
  }

  /// - Throws: ``GGUFError`` at the first rule that is broken.
  mutating func parse() throws(GGUFError) {
    try readMagicAndVersion()
    // The least an entry takes: a name of one byte, a type, and a value of one or an offset.
    let tensorCount = try count(of: "tensors", leastByteCount: 25)
    let keyCount = try count(of: "metadata entries", leastByteCount: 14)
    for index in 0..<keyCount { try readKey(index) }
    try readAlignment()
    var layout: [(tensor: GGUFTensor, offset: UInt64)] = []
    var names: Set<String> = []
    for index in 0..<tensorCount { layout.append(try readTensor(index, names: &names)) }
    try place(layout)
  }

  // MARK: - The header

  private mutating func readMagicAndVersion() throws(GGUFError) {
    let bytes = cursor.bytes
    if bytes.starts(with: "version https://git-lfs".utf8) { throw .gitPointer(file: file) }
    guard bytes.starts(with: GGUFFormat.magic) else { throw .notGGUF(file: file) }
    _ = try cursor.take(UInt64(GGUFFormat.magic.count), for: .header)
    version = try cursor.integer(UInt32.self, for: .header)
    // A small number of the other byte order is a large one with nothing below.
    if version != 0, version & 0xFFFF == 0 { throw .bigEndian(file: file) }
    guard GGUFFormat.versions.contains(version) else {
      throw .unsupportedVersion(file: file, found: version)
    }
  }

  private mutating func count(
    of kind: String, leastByteCount: Int
  ) throws(GGUFError) -> Int {
    let count = try cursor.integer(UInt64.self, for: .header)
    let limit = cursor.remaining / leastByteCount
    guard count <= UInt64(limit) else {
      throw .tooManyEntries(file: file, kind: kind, found: count, limit: limit)
    }
    return Int(count)
  }

  // MARK: - Metadata

  private mutating func readKey(_ index: Int) throws(GGUFError) {
    let offset = cursor.position
    let key = try cursor.text(for: .keyName(index))
    if key.isEmpty { throw .emptyName(file: file, place: .keyName(index), offset: offset) }
    let type = try valueType(of: key)
    guard metadata.add(key, try value(type, of: key)) else {
      throw .duplicateName(file: file, place: .key(key), offset: offset)
    }
  }

  private mutating func valueType(of key: String) throws(GGUFError) -> GGUFValueType {
    let offset = cursor.position
    let number = try cursor.integer(UInt32.self, for: .key(key))
    guard let type = GGUFValueType(rawValue: number) else {
      throw .unknownValueType(file: file, key: key, found: number, offset: offset)
    }
    return type
  }

  private mutating func value(
    _ type: GGUFValueType, of key: String
  ) throws(GGUFError) -> GGUFValue {
    let place = GGUFPlace.key(key)
    switch type {
    case .u8: return .integer(Int64(try cursor.integer(UInt8.self, for: place)))
    case .i8: return .integer(Int64(try cursor.integer(Int8.self, for: place)))
    case .u16: return .integer(Int64(try cursor.integer(UInt16.self, for: place)))
    case .i16: return .integer(Int64(try cursor.integer(Int16.self, for: place)))
    case .u32: return .integer(Int64(try cursor.integer(UInt32.self, for: place)))
    case .i32: return .integer(Int64(try cursor.integer(Int32.self, for: place)))
    case .i64: return .integer(try cursor.integer(Int64.self, for: place))
    case .u64:
      let number = try cursor.integer(UInt64.self, for: place)
      return Int64(exactly: number).map(GGUFValue.integer) ?? .large(number)
    case .f32: return .float(Float(bitPattern: try cursor.integer(UInt32.self, for: place)))
    case .f64: return .double(Double(bitPattern: try cursor.integer(UInt64.self, for: place)))
    case .bool: return .flag(try cursor.integer(UInt8.self, for: place) != 0)
    case .string: return .text(try cursor.string(for: place))
    case .array: return .array(try array(of: key))
    }
  }

  private mutating func array(of key: String) throws(GGUFError) -> GGUFArray {
    let place = GGUFPlace.key(key)
    let offset = cursor.position
    let type = try valueType(of: key)
    let countOffset = cursor.position
    let count = try cursor.integer(UInt64.self, for: place)
    if type == .array { throw .nestedArray(file: file, key: key, offset: offset) }
    guard count <= GGUFFormat.lengthLimit else {
      throw .tooLong(
        file: file, place: place, offset: countOffset, found: count,
        limit: GGUFFormat.lengthLimit)
    }
    let start = cursor.position
    if let size = type.byteCount {
      _ = try cursor.take(count, of: size, for: place)
    } else {
      // Each string takes eight bytes at least, so the walk ends with the file.
      for _ in 0..<count { _ = try cursor.string(for: place) }
    }
    return GGUFArray(elementType: type, count: Int(count), byteRange: start..<cursor.position)
  }

  private mutating func readAlignment() throws(GGUFError) {
    switch metadata.values[GGUFFormat.alignmentKey] {
    case nil: return
    case .integer(let number)?:
      guard (1...Int64(UInt32.max)).contains(number), number & (number - 1) == 0 else {
        throw .badAlignment(file: file, found: "\(number)")
      }
      alignment = Int(number)
    case let other?: throw .badAlignment(file: file, found: other.kind)
    }
  }

  // MARK: - Tensors

  private mutating func readTensor(
    _ index: Int, names: inout Set<String>
  ) throws(GGUFError) -> (GGUFTensor, offset: UInt64) {
    let start = cursor.position
    let name = try cursor.text(for: .tensorName(index))
    let place = GGUFPlace.tensor(name)
    if name.isEmpty { throw .emptyName(file: file, place: .tensorName(index), offset: start) }
    guard name.utf8.count <= GGUFFormat.nameLimit else {
      throw .nameTooLong(
        file: file, tensor: name, byteCount: name.utf8.count, limit: GGUFFormat.nameLimit)
    }
    if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      throw .controlCharacterInName(file: file, tensor: name)
    }
    guard names.insert(name).inserted else {
      throw .duplicateName(file: file, place: place, offset: start)
    }
    let rank = try cursor.integer(UInt32.self, for: place)
    guard rank <= GGUFFormat.dimensionLimit else {
      throw .tooManyDimensions(
        file: file, tensor: name, found: rank, limit: GGUFFormat.dimensionLimit)
    }
    var shape: [Int64] = []
    for _ in 0..<rank { shape.insert(try cursor.integer(Int64.self, for: place), at: 0) }
    let type = try type(of: name)
    let byteCount = try byteCount(of: name, shape, type)
    let offset = try cursor.integer(UInt64.self, for: place)
    let tensor = GGUFTensor(
      name: name, type: type, shape: shape.map(Int.init), byteRange: 0..<byteCount)
    return (tensor, offset)
  }

  private mutating func type(of tensor: String) throws(GGUFError) -> GGUFType {
    let number = try cursor.integer(UInt32.self, for: .tensor(tensor))
    guard let type = GGUFType(id: number) else {
      throw .unsupportedType(
        file: file, tensor: tensor, id: number, name: GGUFType.undecodable[number])
    }
    return type
  }

  /// The bytes of a tensor; every product is checked.
  private func byteCount(
    of tensor: String, _ shape: [Int64], _ type: GGUFType
  ) throws(GGUFError) -> Int {
    var count: Int64 = 1
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else {
        throw .shapeOverflow(file: file, tensor: tensor, shape: shape)
      }
      count = product
    }
    // A product with a 0 in it says nothing of the others; `rowCount` and the like multiply those.
    let others = shape.reduce((Int64(1), false)) { partial, dimension in
      let (product, overflow) = partial.0.multipliedReportingOverflow(by: max(1, dimension))
      return (product, partial.1 || overflow)
    }
    let columns = shape.last ?? 1
    guard columns % Int64(type.weightCount) == 0 else {
      throw .partialBlock(
        file: file, tensor: tensor, type: type.name, columns: Int(columns),
        blockSize: type.weightCount)
    }
    let (bytes, overflow) = (count / Int64(type.weightCount))
      .multipliedReportingOverflow(by: Int64(type.byteCount))
    guard !others.1, !overflow, bytes < Int64.max / 2, count < Int64.max / 8 else {
      throw .shapeOverflow(file: file, tensor: tensor, shape: shape)
    }
    return Int(bytes)
  }

  /// Checks that the tensors tile the rest of the file, and says where each is.
  private mutating func place(
    _ layout: [(tensor: GGUFTensor, offset: UInt64)]
  ) throws(GGUFError) {
    let end = cursor.bytes.count
    let start = padded(cursor.position)
    var position = 0
    var last = cursor.position
    for (tensor, offset) in layout {
      guard offset == UInt64(position) else {
        throw .wrongOffset(file: file, tensor: tensor.name, expected: position, found: offset)
      }
      let byteCount = tensor.byteRange.count
      guard byteCount <= end, start + position <= end - byteCount else {
        let (sum, overflow) = (start + position).addingReportingOverflow(byteCount)
        throw .dataTruncated(
          file: file, tensor: tensor.name, expectedByteCount: overflow ? .max : sum, found: end)
      }
      var placed = tensor
      placed.byteRange = start + position..<start + position + byteCount
      tensors.append(placed)
      last = placed.byteRange.upperBound
      position = padded(position + byteCount)
    }
    // Some writers leave out the padding behind the last tensor.
    if end > padded(last) {
      throw .trailingBytes(file: file, offset: padded(last), count: end - padded(last))
    }
  }

  /// The next multiple of the alignment; positions inside a file are far from overflow.
  private func padded(_ position: Int) -> Int {
    (position + alignment - 1) / alignment * alignment
  }
}
