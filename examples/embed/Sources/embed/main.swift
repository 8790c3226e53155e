// SPDX-License-Identifier: Apache-2.0
//
// A program of somebody else's: opens a model with the Halftone library, lists its tensors and reads a
// few dequantized rows.
//
//     swift run embed MODEL

import Foundation
import Halftone

guard let path = CommandLine.arguments.dropFirst().first else {
  print("usage: embed MODEL")
  exit(64)
}
let model = try Model(contentsOf: URL(filePath: path))
print("\(path): \(model.format), \(model.tensors.count) tensors, \(model.assetNames.count) files")
for tensor in model.tensors.prefix(8) {
  let bits = Double(tensor.storedByteCount) * 8 / Double(max(1, tensor.elementCount))
  print("  \(tensor.name) \(tensor.shape) \(tensor.scheme), \(bits) bits per weight")
}
if let tensor = model.tensors.first(where: { $0.shape.count == 2 && $0.rowCount > 0 }) {
  let row = try model.rows(0..<1, of: tensor.name)
  print("the first weights of \(tensor.name): \(row.prefix(4).map { $0 })")
}
