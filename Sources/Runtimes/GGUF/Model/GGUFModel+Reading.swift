// SPDX-License-Identifier: Apache-2.0

import Tensors

extension GGUFModel {
  package func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    let part = try part(name)
    let count = part.description.elementCount
    let (file, tensor) = stored(part)
    guard elements.lowerBound >= 0, elements.upperBound <= count, elements.count <= buffer.count
    else {
      throw GGUFError.elementsOutsideTensor(
        file: file.path, tensor: name, elements: elements, count: count)
    }
    try file.withBytes(in: tensor.byteRange) { bytes in
      let weights = GGUFWeights(bytes: bytes, type: tensor.type)
      if part.isTransposed {
        weights.readTransposed(
          elements, inputs: part.description.shape[0], outputs: part.description.shape[1],
          into: buffer)
        return
      }
      var next = 0
      part.forEachRun(of: elements) { stored, count in
        weights.read(
          stored..<stored + count,
          into: UnsafeMutableBufferPointer(rebasing: buffer[next..<next + count]))
        next += count
      }
    }
    if part.addend != 0 {
      for index in 0..<elements.count { buffer[index] += part.addend }
    }
  }

  package func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let tensor = try part(name).description
    let bits = tensor.elementType.bitWidth
    return try withStoredBytes(of: name, in: 0..<tensor.elementCount * bits / 8, body)
  }

  package func withStoredBytes<Result>(
    of name: String, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let part = try part(name)
    let (file, tensor) = stored(part)
    let type = part.description.elementType
    guard part.description.scheme == type.schemeName else {
      throw GGUFError.notPlain(file: file.path, tensor: name, scheme: part.description.scheme)
    }
    let width = type.bitWidth / 8
    let elements = range.lowerBound / width..<(range.upperBound + width - 1) / width
    guard range.lowerBound >= 0, elements.upperBound <= part.description.elementCount else {
      throw GGUFError.elementsOutsideTensor(
        file: file.path, tensor: name, elements: elements, count: part.description.elementCount)
    }
    if part.isVerbatim {
      let start = tensor.byteRange.lowerBound + part.start * width
      return try file.withBytes(
        in: start + range.lowerBound..<start + range.upperBound, body)
    }
    // In another order, or changed: a copy of what is asked for.
    let copy = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, elements.count * width), alignment: 16)
    defer { copy.deallocate() }
    if type == .f32 {
      try read(
        name, elements: elements,
        into: UnsafeMutableBufferPointer(
          start: copy.baseAddress?.assumingMemoryBound(to: Float.self), count: elements.count))
    } else {
      try file.withBytes(in: tensor.byteRange) { bytes in
        copyPlain(part, elements, width: width, from: bytes, into: copy)
      }
    }
    let skipped = range.lowerBound - elements.lowerBound * width
    return try body(UnsafeRawBufferPointer(rebasing: copy[skipped..<skipped + range.count]))
  }

  private func copyPlain(
    _ part: GGUFPart, _ elements: Range<Int>, width: Int, from bytes: UnsafeRawBufferPointer,
    into copy: UnsafeMutableRawBufferPointer
  ) {
    var next = 0
    func take(_ stored: Int, _ count: Int) {
      let run = bytes[stored * width..<(stored + count) * width]
      copy[next..<next + count * width].copyBytes(from: run)
      next += count * width
    }
    guard part.isTransposed else { return part.forEachRun(of: elements, take) }
    let (inputs, outputs) = (part.description.shape[0], part.description.shape[1])
    for element in elements { take(element % outputs * inputs + element / outputs, 1) }
  }

  package func release(_ name: String, in range: Range<Int>) {
    guard let part = try? part(name), part.isVerbatim, part.description.elementCount > 0 else {
      return
    }
    let (file, tensor) = stored(part)
    let start =
      tensor.byteRange.lowerBound + part.start / tensor.type.weightCount * tensor.type.byteCount
    file.advise(.dontNeed, in: start + range.lowerBound..<start + range.upperBound)
  }
}
