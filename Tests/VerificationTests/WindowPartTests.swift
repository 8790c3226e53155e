// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Verification

@Suite struct WindowPartTests {
  @Test(arguments: 1...24) func `parts have every window once and differ by one at most`(total: Int)
  {
    for count in 1...total {
      let parts = (1...count).map { WindowPart(index: $0, count: count).windows(of: total) }
      #expect(parts.flatMap { Array($0) } == Array(0..<total))
      #expect(parts.allSatisfy { $0.count == total / count || $0.count == total / count + 1 })
    }
  }

  @Test func `more parts than windows are refused`() throws {
    let windows = try PerplexityOptions(context: 16).windows(of: fakeText(64), modelContext: 64)
    #expect(throws: PartError.tooManyParts(count: 5, windows: 4)) {
      try WindowPart(index: 1, count: 5).select(from: windows)
    }
    #expect(try WindowPart(index: 2, count: 4).select(from: windows) == [windows[1]])
  }
}
