// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport

/// The arrays of one file of `Tests/Fixtures`.
package struct GoldenArrays: Sendable {
  /// What the file says of one of its cases.
  package struct Note: Decodable, Sendable {
    package var block_size: Int
    package var nf4_codes_different_from_cpu: Int?
    package var fp4_codes_different_from_cpu: Int?
    package var scale_codes_different_from_cpu: Int?
  }

  private struct Notes: Decodable { var cases: [String: Note] }

  private let model: SafetensorsModel
  private let text: String

  package init(_ file: String, in folder: String = "bitsandbytes") throws {
    model = try SafetensorsModel(
      path: Fixtures.folder.appending(path: "\(folder)/\(file).safetensors").path)
    text = model.files[0].metadata["description"] ?? ""
  }

  /// What the file says of its cases, by name.
  package func notes() throws -> [String: Note] {
    try JSONDecoder().decode(Notes.self, from: Data(text.utf8)).cases
  }

  /// The names of all arrays.
  package var names: [String] { model.tensors.map(\.name) }

  package func has(_ name: String) -> Bool { model.description(of: name) != nil }

  /// The array of that name.
  package func tensor(_ name: String) throws -> TestTensor {
    let bytes = try model.withStoredBytes(of: name) { Array($0) }
    let found = model.description(of: name)
    return TestTensor(name, found?.elementType ?? .u8, found?.shape ?? [], bytes: bytes)
  }

  /// The bytes of the array of that name.
  package func bytes(_ name: String) throws -> [UInt8] { try tensor(name).bytes }
}
