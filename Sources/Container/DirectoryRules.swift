// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// What a directory must fulfil beyond the shape of its JSON.
struct DirectoryRules {
  let file: String
  let directory: Directory
  let components: [StoredComponent]

  /// Checks tensors, assets and part.
  ///
  /// - Throws: ``ContainerError/inconsistent(file:item:problem:)``.
  func check() throws {
    try checkPart()
    var assets = Set<String>()
    for asset in directory.assets {
      let item = "asset \(asset.name.quoted)"
      guard Self.isPlainFileName(asset.name) else { throw refusal(item, "not a plain file name") }
      guard assets.insert(asset.name).inserted else { throw refusal(item, "there are two") }
      guard components.indices.contains(asset.component) else {
        throw refusal(item, "no component \(asset.component)")
      }
    }
    var names = Set<String>()
    for tensor in directory.tensors {
      let item = "tensor \(tensor.name.quoted)"
      guard names.insert(tensor.name).inserted else { throw refusal(item, "there are two") }
      guard ElementType(rawValue: tensor.type) != nil else {
        throw refusal(item, "unknown element type '\(tensor.type)'")
      }
      guard let count = StoredComponent.elementCount(of: tensor.shape) else {
        throw refusal(item, "shape \(tensor.shape) is too large or negative")
      }
      guard case .success(let encoding) = tensor.encoding else { continue }
      var encodingCount = 0
      try check(
        encoding, givesAtLeast: count, depth: 1, encodingCount: &encodingCount, item: item)
    }
  }

  private func checkPart() throws {
    let part = directory.part
    guard (1...ToneFormat.maximumPartCount).contains(part.count),
      (1...part.count).contains(part.index)
    else { throw refusal("part", "\(part.index) of \(part.count)") }
    let isHexadecimal = part.set.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
    guard part.set.utf8.count == 8, isHexadecimal else {
      throw refusal("part", "set \(part.set.quoted) is not eight lower-case hexadecimal digits")
    }
    guard part.index == 1 || directory.assets.isEmpty else {
      throw refusal("part", "part \(part.index) holds assets, which belong in part 1")
    }
  }

  private func check(
    _ encoding: Encoding, givesAtLeast count: Int, depth: Int, encodingCount: inout Int,
    item: String
  ) throws {
    guard depth <= ToneFormat.maximumEncodingDepth else {
      throw refusal(item, "its encoding is nested too deep")
    }
    encodingCount += 1
    guard encodingCount <= ToneFormat.maximumEncodingCount else {
      throw refusal(item, "its encoding consists of too many")
    }
    guard components.indices.contains(encoding.component) else {
      throw refusal(item, "no component \(encoding.component)")
    }
    let component = components[encoding.component]
    let available: Int
    if let bits = encoding.bits {
      guard (1...7).contains(bits), component.elementType == .u8, encoding.order != nil else {
        throw refusal(item, "packed numbers need 1 to 7 bits, an order and a U8 component")
      }
      available = component.byteCount / bits * 8 + component.byteCount % bits * 8 / bits
    } else {
      available = component.elementCount
    }
    guard available >= count else {
      throw refusal(
        item, "component \(encoding.component) has \(available) numbers where \(count) are needed")
    }
    let steps = encoding.steps ?? []
    guard steps.count <= ToneFormat.maximumStepCount else {
      throw refusal(item, "its encoding has too many steps")
    }
    for step in steps {
      if let block = step.block, block < 1 { throw refusal(item, "a block of \(block) weights") }
      var needed = step.block.map { count / $0 + (count % $0 == 0 ? 0 : 1) } ?? min(count, 1)
      guard components.indices.contains(step.operand.component) else {
        throw refusal(item, "no component \(step.operand.component)")
      }
      if step.operation == .lookup {
        guard let length = codebookLength(of: step) else {
          throw refusal(item, "a codebook is empty or too long")
        }
        let (product, overflow) = needed.multipliedReportingOverflow(by: length)
        guard !overflow else { throw refusal(item, "too many codebooks") }
        needed = product
      }
      try check(
        step.operand, givesAtLeast: needed, depth: depth + 1, encodingCount: &encodingCount,
        item: item)
    }
  }

  private func codebookLength(of step: Encoding.Step) -> Int? {
    let length = components[step.operand.component].codebookLength(isSingle: step.block == nil)
    let limit = step.block.map { max(ToneFormat.maximumBlockCodebookLength, $0) } ?? .max
    return (1...min(limit, ToneFormat.maximumCodebookLength)).contains(length) ? length : nil
  }

  private func refusal(_ item: String, _ problem: String) -> ContainerError {
    .inconsistent(file: file, item: item, problem: problem)
  }

  private static func isPlainFileName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".."
      && !name.utf8.contains { $0 == 0x2F || $0 == 0x5C || $0 == 0 }
  }
}

extension StoredComponent {
  /// The entries of one codebook: all numbers if it is the only one, else those of a row.
  func codebookLength(isSingle: Bool) -> Int {
    isSingle ? elementCount : shape.last ?? 1
  }
}
