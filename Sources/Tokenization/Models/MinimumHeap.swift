// SPDX-License-Identifier: Apache-2.0

/// A binary heap with the least element on top.
struct MinimumHeap {
  private var elements: [UInt64] = []

  mutating func push(_ element: UInt64) {
    var child = elements.count
    elements.append(element)
    while child > 0 {
      let parent = (child - 1) / 2
      guard elements[child] < elements[parent] else { return }
      elements.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> UInt64? {
    guard let top = elements.first, let last = elements.popLast() else { return nil }
    guard !elements.isEmpty else { return top }
    elements[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < elements.count else { return top }
      if child + 1 < elements.count, elements[child + 1] < elements[child] { child += 1 }
      guard elements[child] < elements[parent] else { return top }
      elements.swapAt(child, parent)
      parent = child
    }
  }
}
