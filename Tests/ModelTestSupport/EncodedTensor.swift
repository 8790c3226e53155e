// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A tensor encoded by a scheme, all in memory: the pipeline without files and threads.
package struct EncodedTensor {
  package let layout: TensorLayout
  /// The bytes of each component, in layout order.
  package let components: [[UInt8]]
  package let statistics: ErrorStatistics
  package let elementCount: Int

  /// Encodes a tensor in slabs.
  ///
  /// - Parameter slab: weights per slab, whole pairs of blocks; the layout's own where it is nil.
  package init(_ tensor: TestTensor, by scheme: any Scheme, slab: Int? = nil) throws {
    let layout = try scheme.layout(for: tensor.description)
    let encoder = scheme.makeEncoder(for: tensor.description, layout: layout)
    let scratch = Scratch()
    let count = tensor.shape.reduce(1, *)
    let length = slab ?? layout.slabWeightCount
    let slabs = stride(from: 0, to: count, by: length).map { $0..<min($0 + length, count) }
    var components = layout.components.map { [UInt8](repeating: 0, count: $0.byteCount) }
    var statistics = ErrorStatistics()

    func withSlab<Result>(_ elements: Range<Int>, _ body: (Slab) throws -> Result) rethrows
      -> Result
    {
      let width = tensor.elementType.bitWidth / 8
      return try tensor.bytes.withUnsafeBytes { bytes in
        let range = elements.lowerBound * width..<elements.upperBound * width
        return try body(
          Slab(
            tensor: tensor.name, elements: elements,
            bytes: UnsafeRawBufferPointer(rebasing: bytes[range]),
            elementType: tensor.elementType))
      }
    }

    if layout.needsScan {
      for elements in slabs { try withSlab(elements) { try encoder.scan($0, scratch: scratch) } }
      var late = try encoder.finishScan()[...]
      for (index, component) in layout.components.enumerated() {
        if case .afterScan = component.content { components[index] = late.removeFirst() }
      }
    }
    for elements in slabs {
      /// Where the slab's bytes of a component belong.
      func range(_ component: TensorLayout.Component, _ full: Int) -> Range<Int> {
        let start = full * elements.lowerBound / layout.slabWeightCount
        let isLast = elements.upperBound == count
        return
          start..<(isLast
          ? component.byteCount : full * elements.upperBound / layout.slabWeightCount)
      }
      let outputs = layout.components.compactMap { component -> UnsafeMutableRawBufferPointer? in
        guard case .perSlab(let full) = component.content else { return nil }
        // Room for no byte more, filled with what no encoder may leave there.
        let room = UnsafeMutableRawBufferPointer.allocate(
          byteCount: range(component, full).count, alignment: 64)
        room.initializeMemory(as: UInt8.self, repeating: 0xA5)
        return room
      }
      defer { outputs.forEach { $0.deallocate() } }
      statistics.add(
        try withSlab(elements) { try encoder.encode($0, into: outputs, scratch: scratch) })
      var position = 0
      for (index, component) in layout.components.enumerated() {
        switch component.content {
        case .constant(let bytes): components[index] = bytes
        case .afterScan: break
        case .perSlab(let full):
          components[index].replaceSubrange(range(component, full), with: outputs[position])
          position += 1
        }
      }
    }
    self.layout = layout
    self.components = components
    self.statistics = statistics
    elementCount = count
  }

  /// The bytes of the component in a role.
  package func bytes(_ role: String) -> [UInt8]? {
    layout.components.firstIndex { $0.role == role }.map { components[$0] }
  }

  /// The component in a role as fp32 numbers.
  package func floats(_ role: String) -> [Float]? {
    bytes(role)?.withUnsafeBytes { raw in
      (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  /// The codes, one to an element; four-bit ones unpacked.
  package var codes: [Int] {
    let packed = bytes("codes") ?? []
    if layout.components[0].elementType == .i8 { return packed.map { Int(Int8(bitPattern: $0)) } }
    return packed.flatMap { [Int($0 >> 4), Int($0 & 15)] }
  }
}
