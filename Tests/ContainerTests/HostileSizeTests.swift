// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Tensors
import Testing

/// Small files that claim to be large are refused before memory is taken for what they claim.
@Suite struct HostileSizeTests {
  /// 4 GiB of a component in 64 frames of one byte each, which are no zstd frames.
  private static let frameCount = 64
  private static let byteCount = frameCount << 26

  private func file(tensors: String, assets: String) throws -> Data {
    var bytes = ToneBytes(
      [UInt8](try Data(contentsOf: URL(filePath: Vectors.path("valid", "nothing")))))
    bytes.data = Array(repeating: 0x78, count: Self.frameCount)
    bytes.frames = (0..<Self.frameCount).map {
      ToneBytes.Frame(offset: UInt64(64 + $0), byteCount: 1, checksum: 0)
    }
    let component = """
      {"role":"codes","type":"U8","shape":[\(Self.byteCount)],"coding":["zstd"],\
      "frame_bytes":\(1 << 26),"first_frame":0,"frame_count":\(Self.frameCount)}
      """
    let text = """
      {"tool":"","part":{"index":1,"count":1,"set":"00000000"},"components":[\(component)],\
      "tensors":[\(tensors)],"assets":[\(assets)],"provenance":{"sources":[]}}
      """
    bytes.setDirectory(Array(text.utf8))
    return Data(bytes.file)
  }

  private func tensor(_ encoding: String, count: Int) -> String {
    """
    {"name":"w","type":"U8","shape":[\(count)],"scheme":"u8","encoding":\(encoding)}
    """
  }

  @Test func `stored bytes that frames do not claim are not allocated`() throws {
    let contents = try file(
      tensors: tensor(#"{"component":0}"#, count: Self.byteCount), assets: "")
    let model = try ToneModel(contents: contents, path: "m")
    #expect(
      throws: ContainerError.frameContent(
        file: "m", frame: 0, offset: 64, problem: "it does not give 67108864 bytes")
    ) { try model.withStoredBytes(of: "w") { $0.count } }
  }

  @Test func `assets that are much larger than the file are refused`() throws {
    let contents = try file(tensors: "", assets: #"{"name":"a","component":0}"#)
    #expect(
      throws: ContainerError.inconsistent(
        file: "m", item: "asset 'a'", problem: "\(Self.byteCount) bytes are too many")
    ) { try ToneModel(contents: contents, path: "m") }
  }

  @Test func `many assets in one component are refused`() throws {
    let entries = (0..<9).map { #"{"name":"\#($0)","component":0}"# }.joined(separator: ",")
    #expect(throws: ContainerError.self) {
      try ToneModel(contents: file(tensors: "", assets: entries), path: "m")
    }
  }

  @Test func `2^35 packed weights can be claimed, and a range of them is read by its frame`() throws
  {
    let encoding = #"{"component":0,"bits":1,"order":"low"}"#
    let contents = try file(tensors: tensor(encoding, count: Self.byteCount * 8), assets: "")
    let model = try ToneModel(contents: contents, path: "m")
    let last = Self.byteCount * 8 - 1
    #expect(
      throws: ContainerError.frameContent(
        file: "m", frame: 63, offset: 127, problem: "not a zstd frame of 67108864 bytes")
    ) { try model.weights(of: "w", in: last..<last + 1) }
  }
}
