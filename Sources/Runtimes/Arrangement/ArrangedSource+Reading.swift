// SPDX-License-Identifier: Apache-2.0

import Tensors

extension ArrangedSource {
  package func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let tensor = try tensor(name)
    if tensor.isWhole {
      return try source.withStoredBytes(of: tensor.pieces[0].tensor.name, body)
    }
    return try withStoredBytes(of: name, in: 0..<tensor.description.storedByteCount, body)
  }

  package func withStoredBytes<Result>(
    of name: String, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let tensor = try tensor(name)
    if tensor.isWhole {
      return try source.withStoredBytes(of: tensor.pieces[0].tensor.name, in: range, body)
    }
    let width = tensor.description.elementType.bitWidth / 8
    let elements = range.lowerBound / width..<(range.upperBound + width - 1) / width
    try check(elements, of: tensor, room: elements.count)
    let skipped = range.lowerBound - elements.lowerBound * width
    func taken(_ bytes: UnsafeRawBufferPointer) throws -> Result {
      try body(UnsafeRawBufferPointer(rebasing: bytes[skipped..<skipped + range.count]))
    }
    if !tensor.isCopied {
      let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, elements.count))
      defer { floats.deallocate() }
      let filled = UnsafeMutableBufferPointer(rebasing: floats[..<elements.count])
      try read(tensor, elements, into: filled)
      return try taken(filled.narrowed(to: tensor.description.elementType))
    }
    let copy = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, elements.count * width), alignment: 64)
    defer { copy.deallocate() }
    try tensor.forEachPiece(of: elements) { piece, wanted, start in
      let target = UnsafeMutableRawBufferPointer(rebasing: copy[(start * width)...])
      let span = piece.span(of: wanted)
      try source.withStoredBytes(
        of: piece.tensor.name, in: span.lowerBound * width..<span.upperBound * width
      ) { bytes in
        piece.copy(wanted, elementWidth: width, from: bytes, at: span.lowerBound, into: target)
      }
    }
    return try taken(UnsafeRawBufferPointer(copy))
  }

  package func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    let tensor = try tensor(name)
    try check(elements, of: tensor, room: buffer.count)
    try read(tensor, elements, into: buffer)
  }

  private func read(
    _ tensor: Tensor, _ elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    try tensor.forEachPiece(of: elements) { piece, wanted, start in
      let target = UnsafeMutableBufferPointer(rebasing: buffer[start..<start + wanted.count])
      if piece.isTransposed {
        return try readTransposed(piece, wanted, into: target)
      }
      var next = 0
      try piece.forEachRun(of: wanted) { stored, count in
        try source.read(
          piece.tensor.name, elements: stored..<stored + count,
          into: UnsafeMutableBufferPointer(rebasing: target[next..<next + count]))
        next += count
      }
    }
    if tensor.addend != 0 {
      for index in 0..<elements.count { buffer[index] += tensor.addend }
    }
  }

  /// Restores columns of a tensor as rows, one row of the tensor at a time.
  private func readTransposed(
    _ piece: ArrangedPiece, _ elements: Range<Int>, into target: UnsafeMutableBufferPointer<Float>
  ) throws {
    var columns: [(first: Int, places: Range<Int>, target: Int)] = []
    var next = 0
    piece.forEachColumn(of: elements) { first, places in
      columns.append((first, places, next))
      next += places.count
    }
    guard let lower = columns.map(\.first).min(), let upper = columns.map(\.first).max() else {
      return
    }
    let row = UnsafeMutableBufferPointer<Float>.allocate(capacity: upper - lower + 1)
    defer { row.deallocate() }
    let places = columns.map(\.places)
    let first = places.map(\.lowerBound).min() ?? 0
    for place in first..<(places.map(\.upperBound).max() ?? first) {
      let start = lower + place * piece.stride
      try source.read(piece.tensor.name, elements: start..<start + row.count, into: row)
      for column in columns where column.places.contains(place) {
        target[column.target + place - column.places.lowerBound] = row[column.first - lower]
      }
    }
  }

  package func release(_ name: String, in range: Range<Int>) {
    guard let tensor = arrangedTensor(name) else { return }
    if tensor.isWhole { return source.release(tensor.pieces[0].tensor.name, in: range) }
    guard tensor.isCopied else { return }
    let width = tensor.description.elementType.bitWidth / 8
    let elements = range.lowerBound / width..<range.upperBound / width
    tensor.forEachPiece(of: elements) { piece, wanted, _ in
      guard piece.isRun else { return }
      let span = piece.span(of: wanted)
      source.release(piece.tensor.name, in: span.lowerBound * width..<span.upperBound * width)
    }
  }

  package func prefetch(_ name: String) {
    for piece in arrangedTensor(name)?.pieces ?? [] { source.prefetch(piece.tensor.name) }
  }

  private func arrangedTensor(_ name: String) -> Tensor? { try? tensor(name) }

  private func check(_ elements: Range<Int>, of tensor: Tensor, room: Int) throws(RuntimeError) {
    let count = tensor.description.elementCount
    guard elements.lowerBound >= 0, elements.upperBound <= count, elements.count <= room else {
      throw .elementsOutsideTensor(
        file: path, tensor: tensor.description.name, elements: elements, count: count)
    }
  }
}

extension ArrangedSource.Tensor {
  /// Calls `body` for the pieces in which some weights are.
  ///
  /// - Parameter body: receives the weights counted from the piece's first, and how many were before.
  func forEachPiece(
    of elements: Range<Int>,
    _ body: (_ piece: ArrangedPiece, _ elements: Range<Int>, _ start: Int) throws -> Void
  ) rethrows {
    guard !elements.isEmpty else { return }
    // The last piece that begins at or before the first weight.
    var (low, high) = (0, pieces.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if pieces[middle].start <= elements.lowerBound { low = middle } else { high = middle }
    }
    for piece in pieces[low...] {
      guard piece.start < elements.upperBound else { return }
      let wanted = elements.clamped(to: piece.start..<piece.start + piece.count)
      guard !wanted.isEmpty else { continue }
      try body(
        piece, wanted.lowerBound - piece.start..<wanted.upperBound - piece.start,
        wanted.lowerBound - elements.lowerBound)
    }
  }
}
