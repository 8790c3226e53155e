// SPDX-License-Identifier: Apache-2.0

import CKernels
import Synchronization
import Tensors

/// Encodes the slabs of one tensor by a grid of floating-point codes.
///
/// The codes come from the scales as they are stored, so a scale that was rounded costs nothing but
/// what the codes can't make good.
final class FloatGridEncoder<Grid: FloatGrid>: TensorEncoder {
  private struct State {
    /// The largest magnitude that a scan has met.
    var maximum: Float = 0
    var tensorScale: Float = 1
  }

  private let grid: Grid
  private let geometry: BlockGeometry
  private let weights: ElementType
  private let state = Mutex(State())

  /// - Parameter weights: the type of the weights.
  init(grid: Grid, geometry: BlockGeometry, weights: ElementType) {
    self.grid = grid
    self.geometry = geometry
    self.weights = weights
  }

  func scan(_ slab: Slab, scratch: Scratch) throws {
    if grid.sharedMaximum != nil { return }
    let largest = try slab.largestMagnitude(scratch: scratch)
    state.withLock { $0.maximum = max($0.maximum, largest) }
  }

  func finishScan() throws -> [[UInt8]] {
    let shared = try grid.sharedMaximum?()
    let scale = state.withLock { state in
      state.tensorScale = grid.tensorScale(of: shared ?? state.maximum, weights: weights)
      return state.tensorScale
    }
    return [(0..<4).map { UInt8(scale.bitPattern >> ($0 * 8) & 255) }]
  }

  func encode(
    _ slab: Slab, into outputs: [UnsafeMutableRawBufferPointer], scratch: Scratch
  ) throws -> ErrorStatistics {
    let tensorScale = state.withLock { $0.tensorScale }
    let scaleWidth = grid.scaleType(for: weights).bitWidth / 8
    precondition(outputs[0].count >= geometry.codeByteCount(of: slab.count))
    precondition(outputs[1].count >= scaleWidth * geometry.blockCount(of: slab.count))
    let codes = outputs[0].baseAddress.unsafelyUnwrapped
    let scales = outputs[1].baseAddress.unsafelyUnwrapped
    var sums = halftone_error_sums()
    try slab.forEachChunk(geometry, scratch: scratch) { chunk, range in
      guard chunk.chooseAbsoluteMaxima() else {
        throw slab.nonFinite(in: range, scratch: scratch)
      }
      grid.chooseScales(
        chunk.scales, count: chunk.blockCount, tensorScale: tensorScale, weights: weights,
        stored: scales + scaleWidth * (range.lowerBound / geometry.weightCount))
      let target = (codes + geometry.codeByteCount(of: range.lowerBound))
        .assumingMemoryBound(to: UInt8.self)
      if Grid.codeBits == 8 {
        chunk.encodeE4M3(into: target, restored: scratch.restored)
      } else {
        chunk.encodeE2M1(
          into: target, restored: scratch.restored, tiesGoToZero: Grid.tiesGoToZero)
      }
      Kernels.active.table.error_sums(chunk.weights, scratch.restored, chunk.count, &sums)
      try slab.requireFinite(scratch.restored, of: range, largestError: sums.max_absolute)
    }
    return ErrorStatistics(sums, count: slab.count)
  }
}

extension Chunk {
  /// Encodes the chunk by its scales, and restores it.
  fileprivate func encodeE4M3(
    into codes: UnsafeMutablePointer<UInt8>, restored: UnsafeMutablePointer<Float>
  ) {
    let grids = Kernels.active.grids
    grids.encode_e4m3(weights, count, block, scales, codes)
    grids.decode_e4m3(codes, count, block, scales, restored)
  }

  fileprivate func encodeE2M1(
    into codes: UnsafeMutablePointer<UInt8>, restored: UnsafeMutablePointer<Float>,
    tiesGoToZero: Bool
  ) {
    let grids = Kernels.active.grids
    if tiesGoToZero {
      encodeE2M1TiesToZero(into: codes)
    } else {
      grids.encode_e2m1(weights, count, block, scales, codes)
    }
    grids.decode_lookup4_low(codes, count, block, Codebook.e2m1, scales, restored)
  }

  /// MLX takes the first of the codes at the least distance, and its list begins with the magnitudes.
  private func encodeE2M1TiesToZero(into codes: UnsafeMutablePointer<UInt8>) {
    for index in stride(from: 0, to: count, by: 2) {
      codes[index / 2] = code(of: index) | code(of: index + 1) << 4
    }
  }

  private func code(of index: Int) -> UInt8 {
    guard index < count else { return 0 }
    let number = weights[index] / scales[index / block]
    let magnitude = abs(number)
    var step: UInt8 = 0
    if magnitude > 0.25 { step += 1 }
    if magnitude > 0.75 { step += 1 }
    if magnitude > 1.25 { step += 1 }
    if magnitude > 1.75 { step += 1 }
    if magnitude > 2.5 { step += 1 }
    if magnitude > 3.5 { step += 1 }
    if magnitude > 5 { step += 1 }
    return step == 0 || number > 0 ? step : step | 8
  }
}
