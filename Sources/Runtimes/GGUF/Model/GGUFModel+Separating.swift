// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension GGUFModel: SeparableSource {
  package func separated(_ name: String) throws -> StoredTensor? {
    let part = try part(name)
    let (file, tensor) = stored(part)
    guard case .blocks(let type) = tensor.type.storage,
      let block = type as? any SeparableBlock.Type, !part.isTransposed, part.addend == 0,
      part.description.columnCount % block.weightCount == 0, part.start % block.weightCount == 0
    else { return nil }
    let blocks = SeparatedBlocks(
      file: file, byteRange: tensor.byteRange, part: part, block: block,
      components: Self.components(of: block, count: part.description.elementCount),
      constants: block.constants.map { $0.values.bytes })
    return StoredTensor(
      encoding: block.separatedEncoding, component: { blocks.components[$0] },
      makeStore: { blocks })
  }

  private static func components(
    of block: any SeparableBlock.Type, count: Int
  ) -> [StoredTensor.Component] {
    block.fields.map { field in
      .init(
        role: field.role, elementType: field.elementType,
        shape: [count / block.weightCount * field.count])
    }
      + block.constants.map {
        .init(role: $0.role, elementType: .f32, shape: [$0.values.count])
      }
  }
}

/// The fields of a tensor's blocks, each put together from all blocks when it is asked for.
private struct SeparatedBlocks: ComponentStore {
  let file: MappedFile
  let byteRange: Range<Int>
  let part: GGUFPart
  let block: any SeparableBlock.Type
  let components: [StoredTensor.Component]
  let constants: [[UInt8]]

  func elementType(of component: Int) -> ElementType { components[component].elementType }

  func elementCount(of component: Int) -> Int { components[component].shape.reduce(1, *) }

  func codebookLength(of component: Int, isSingle: Bool) -> Int { elementCount(of: component) }

  func withBytes<Result>(
    of component: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let bytes = try retainedBytes(of: component, in: range)
    return try withExtendedLifetime(bytes) {
      try body(UnsafeRawBufferPointer(start: bytes.start, count: bytes.count))
    }
  }

  func retainedBytes(of component: Int, in range: Range<Int>) throws -> RetainedBytes {
    let fields = block.fields
    guard component < fields.count else {
      return RetainedBytes(count: range.count) {
        $0.copyBytes(from: constants[component - fields.count][range])
      }
    }
    // Whole blocks, of which a part is given out.
    let size = fields[component].byteCount
    let blocks = range.lowerBound / size..<(range.upperBound + size - 1) / size
    let all = try RetainedBytes(count: blocks.count * size) { memory in
      guard var out = memory.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
      let (length, width) = (block.weightCount, block.byteCount)
      try file.withBytes(in: byteRange) { bytes in
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        part.forEachRun(of: blocks.lowerBound * length..<blocks.upperBound * length) {
          for number in $0 / length..<($0 + $1) / length {
            block.separate(field: component, of: start + number * width, into: out)
            out += size
          }
        }
      }
    }
    let skipped = range.lowerBound - blocks.lowerBound * size
    return all[skipped..<skipped + range.count]
  }

  func refusal(_ item: String, _ problem: String) -> any Error {
    QuantizationError.components(tensor: item, problem: problem)
  }
}
