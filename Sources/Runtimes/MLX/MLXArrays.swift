// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension MLX {
  /// The arrays in which a loader looks for a tensor.
  ///
  /// Codes are one string of bits along a row, from the low bits of little-endian words on, whatever
  /// their width; so they stand as they are in `.tone`.
  /// - Parameter name: the tensor's name in mlx-lm.
  /// - Throws: ``RuntimeError/notHeld(format:tensor:scheme:problem:remedy:)``.
  static func arrays(of record: TensorRecord, named name: String) throws -> [SafetensorsArray] {
    let form = try MLXForm(of: record)
    let rows = Array(record.tensor.shape.dropLast())
    let columns = record.tensor.columnCount
    let module = name.dropLast(".weight".count)
    func codes(_ setting: Setting, _ position: Int) -> SafetensorsArray {
      SafetensorsArray(name, .u32, rows + [columns * setting.bits / 32], .component(position))
    }
    switch form {
    case .plain(let type):
      return [SafetensorsArray(name, type, record.tensor.shape, .component(0))]
    case .affine(let setting, let position, let scales, let biases):
      let type = record.layout.components[scales].elementType
      let shape = rows + [columns / setting.group]
      return [
        codes(setting, position),
        SafetensorsArray("\(module).scales", type, shape, .component(scales)),
        SafetensorsArray("\(module).biases", type, shape, .component(biases)),
      ]
    case .microscaling(let position, let scales):
      return [
        codes(MLX.Setting(group: microscalingGroup, bits: 4, mode: .mxfp4), position),
        SafetensorsArray(
          "\(module).scales", .u8, rows + [columns / microscalingGroup], .component(scales)),
      ]
    }
  }
}
