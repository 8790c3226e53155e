// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Quantization
import Tensors

/// One tensor on its way through the pipeline.
final class TensorJob: @unchecked Sendable {
  let tensor: TensorDescription
  /// False where the tensor's bytes are kept.
  let isEncoded: Bool
  /// Where its bytes are among the source's files, if they are digested.
  let location: (file: Int, range: Range<Int>)?
  /// The components that get a frame from each slab, and how much a full slab gives.
  let slabComponents: [Int]
  let slabByteCounts: [Int]
  /// The same components' whole lengths.
  private let componentByteCounts: [Int]

  let slabWeightCount: Int
  /// Weights that are digested and encoded at a time; outputs divide evenly there.
  let stripWeightCount: Int

  // Changed by one thread at a time: in turn, or under the work's lock.
  var statistics = ErrorStatistics()
  var scannedSlabCount = 0
  var isScanFinished = false
  var afterScan: [[UInt8]] = []

  /// With double quantization an encoder holds the scales of the whole tensor, so it is made when the
  /// first slab comes and let go after the last.
  private var liveEncoder: (any TensorEncoder)?
  private let encoderLock = NSLock()
  private let entry: Plan.Entry
  private let encoding: Encoding
  private let afterScanComponents: [Int]

  /// Declares the tensor's components.
  init(
    _ entry: Plan.Entry, writer: ContainerWriter, location: (file: Int, range: Range<Int>)?
  ) throws {
    self.entry = entry
    self.location = location
    tensor = entry.tensor
    guard entry.scheme != nil, let layout = entry.layout else {
      // Types of less than a byte come in whole slabs too, for a slab is a multiple of 8 weights.
      slabWeightCount = BlockGeometry.slabWeightGoal
      stripWeightCount = BlockGeometry.stripWeightGoal
      slabByteCounts = [slabWeightCount * tensor.elementType.bitWidth / 8]
      slabComponents = [
        writer.addComponent(
          role: "values", type: tensor.elementType, shape: tensor.shape,
          frameByteCount: slabByteCounts[0])
      ]
      componentByteCounts = [tensor.storedByteCount]
      encoding = Encoding(component: slabComponents[0])
      afterScanComponents = []
      isEncoded = false
      needsScan = false
      return
    }
    var numbers: [Int] = []
    var perSlab: [(component: Int, byteCount: Int, wholeByteCount: Int)] = []
    var late: [Int] = []
    for component in layout.components {
      switch component.content {
      case .constant(let bytes):
        numbers.append(
          try writer.addConstant(
            role: component.role, type: component.elementType, shape: component.shape,
            bytes: bytes))
        continue
      case .perSlab(let byteCount):
        numbers.append(
          writer.addComponent(
            role: component.role, type: component.elementType, shape: component.shape,
            frameByteCount: byteCount))
        perSlab.append((numbers[numbers.count - 1], byteCount, component.byteCount))
      case .afterScan:
        numbers.append(
          writer.addComponent(
            role: component.role, type: component.elementType, shape: component.shape,
            frameByteCount: ToneFormat.plainFrameByteCount))
        late.append(numbers[numbers.count - 1])
      }
    }
    slabWeightCount = layout.slabWeightCount
    stripWeightCount = layout.stripWeightCount
    slabComponents = perSlab.map(\.component)
    slabByteCounts = perSlab.map(\.byteCount)
    componentByteCounts = perSlab.map(\.wholeByteCount)
    afterScanComponents = late
    encoding = layout.encoding.mapComponents { numbers[$0] }
    isEncoded = true
    needsScan = layout.needsScan
  }

  /// Whether every slab must be seen once before any is encoded.
  let needsScan: Bool

  /// The encoder, or nil where the tensor's bytes are kept.
  var encoder: (any TensorEncoder)? {
    encoderLock.withLock {
      if liveEncoder == nil, let scheme = entry.scheme, let layout = entry.layout {
        liveEncoder = scheme.makeEncoder(for: tensor, layout: layout)
      }
      return liveEncoder
    }
  }

  /// Lets the encoder go; called in the turn of the last slab, when all others are encoded.
  func releaseEncoder() { encoderLock.withLock { liveEncoder = nil } }

  /// The number of slabs: none where there are no weights.
  var slabCount: Int { (tensor.elementCount + slabWeightCount - 1) / slabWeightCount }

  var sourceByteCount: Int { tensor.storedByteCount }

  /// The weights of a slab.
  func elements(of slab: Int) -> Range<Int> {
    let start = slab * slabWeightCount
    return start..<min(start + slabWeightCount, tensor.elementCount)
  }

  /// The bytes of some weights, counted from the tensor's first.
  func byteRange(of elements: Range<Int>) -> Range<Int> {
    let bits = tensor.elementType.bitWidth
    return elements.lowerBound * bits / 8..<elements.upperBound * bits / 8
  }

  /// The bytes that a slab gives for the component at a position: those of a full slab, or what the
  /// component still lacks.
  func byteCount(of slab: Int, _ position: Int) -> Int {
    let full = slabByteCounts[position]
    guard slab == slabCount - 1 else { return full }
    return componentByteCounts[position] - slab * full
  }

  /// Writes the components that the scan gave.
  func writeAfterScan(to writer: ContainerWriter, coder: FrameCoder) throws {
    for (component, bytes) in zip(afterScanComponents, afterScan) {
      try bytes.withUnsafeBytes { try writer.writeAll($0, to: component, coder: coder) }
    }
    afterScan = []
  }

  /// What the directory says of the tensor, and what it took.
  var written: SlabPipeline.Written {
    SlabPipeline.Written(
      entry: Directory.Tensor(
        name: tensor.name, type: tensor.elementType.rawValue, shape: tensor.shape,
        scheme: entry.schemeName, encoding: encoding, reason: entry.reason,
        statistics: isEncoded ? Directory.Statistics(statistics) : nil),
      storedByteCount: entry.storedByteCount, statistics: isEncoded ? statistics : nil)
  }
}
