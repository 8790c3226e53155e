// SPDX-License-Identifier: Apache-2.0

import Tensors
import Testing

@Suite struct ElementTypeTests {
  @Test func `a size that overflows or ends inside a byte is refused`() {
    #expect(ElementType.f32.byteCount(of: Int.max) == nil)
    #expect(ElementType.f4.byteCount(of: 3) == nil)
    #expect(ElementType.f4.byteCount(of: 4) == 2)
    #expect(ElementType.bf16.byteCount(of: 0) == 0)
  }
}
