// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Tensors
import Testing

/// No byte of a file can change, and none can be missing, without an error.
@Suite struct DamageTests {
  /// Raw and coded frames, gaps and a compressed directory, in few bytes.
  private static let names = ["quantize-nf4", "quantize-int8-dq"]
  /// One low bit, one high bit, and all bits.
  private static let masks: [UInt8] = [0x01, 0x80, 0xFF]

  private func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: Vectors.path("valid", name))))
  }

  private func isRefused(_ bytes: [UInt8]) throws -> Bool {
    do {
      try ToneFile(MappedFile(copying: Data(bytes), path: "damaged")).check()
      return false
    } catch is ContainerError {
      return true
    }
  }

  @Test(arguments: names) func `every flipped byte is found`(name: String) throws {
    var bytes = try bytes(of: name)
    #expect(try !isRefused(bytes))
    for offset in bytes.indices {
      for mask in Self.masks {
        bytes[offset] ^= mask
        if try !isRefused(bytes) { Issue.record("byte \(offset) with \(mask) is not missed") }
        bytes[offset] ^= mask
      }
    }
  }

  @Test(arguments: names) func `a file that ends early is refused at every length`(
    name: String
  ) throws {
    let bytes = try bytes(of: name)
    for count in bytes.indices {
      if try !isRefused(Array(bytes[..<count])) { Issue.record("\(count) bytes are enough") }
    }
  }

  @Test(arguments: names) func `bytes behind the end are refused`(name: String) throws {
    let bytes = try bytes(of: name)
    #expect(try isRefused(bytes + [0]))
    #expect(try isRefused(bytes + bytes))
  }
}
