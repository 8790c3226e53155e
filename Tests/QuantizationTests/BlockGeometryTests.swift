// SPDX-License-Identifier: Apache-2.0

import Quantization
import Testing

@Suite struct BlockGeometryTests {
  @Test(arguments: BlockGeometry.permittedSizes + [1, 2, 3, 7, 4095, 4097, 1_000_003], [4, 8])
  func `slabs and chunks are whole blocks, slabs an even number of them`(size: Int, bits: Int) {
    let geometry = BlockGeometry(weightCount: size, codeBits: bits)
    #expect(geometry.slabWeightCount % (2 * size) == 0)
    #expect(geometry.chunkWeightCount % size == 0)
    #expect(geometry.chunkWeightCount % 2 == 0)
    #expect(geometry.slabWeightCount <= max(BlockGeometry.slabWeightGoal, 2 * size))
    #expect(geometry.chunkWeightCount <= max(BlockGeometry.chunkWeightGoal, 2 * size))
  }

  @Test func `counts round up to whole blocks and whole bytes`() {
    let geometry = BlockGeometry(weightCount: 64, codeBits: 4)
    #expect([0, 1, 64, 65, 128].map(geometry.blockCount) == [0, 1, 1, 2, 2])
    #expect([0, 1, 2, 3, 64].map(geometry.codeByteCount) == [0, 1, 1, 2, 32])
    #expect(BlockGeometry(weightCount: 64, codeBits: 8).codeByteCount(of: 65) == 65)
  }
}
