// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension Bitsandbytes {
  /// The arrays in which a loader looks for a tensor.
  ///
  /// - Throws: ``RuntimeError/notHeld(format:tensor:scheme:problem:remedy:)``.
  static func arrays(of record: TensorRecord) throws -> [SafetensorsArray] {
    let tensor = record.tensor
    switch try BitsandbytesForm(of: record) {
    case .plain(let type):
      return [SafetensorsArray(tensor.name, type, tensor.shape, .component(0))]
    case .fourBit(let form): return arrays(of: form, tensor, record.layout)
    case .rows(let codes, let scales):
      let module = tensor.name.dropLast(".weight".count)
      return [
        SafetensorsArray(tensor.name, .i8, tensor.shape, .component(codes)),
        SafetensorsArray("\(module).SCB", .f32, [tensor.rowCount], .component(scales)),
        // 0 stands for rows; the other layouts belonged to GPUs of the past.
        SafetensorsArray("\(module).weight_format", .u8, [], .bytes([0])),
      ]
    }
  }

  private static func arrays(
    of form: BitsandbytesForm.FourBit, _ tensor: TensorDescription, _ layout: TensorLayout
  ) -> [SafetensorsArray] {
    let name = tensor.name
    var state = QuantState(
      quantType: form.type.rawValue, blockSize: form.blockSize,
      dtype: dtype(of: tensor.elementType) ?? "", shape: tensor.shape)
    var arrays = [
      SafetensorsArray(
        name, .u8, [layout.components[form.codes].byteCount, 1], .component(form.codes)),
      SafetensorsArray("\(name).quant_map", .f32, [16], .bytes(form.type.codebook.bytes)),
    ]
    switch form.scales {
    case .plain(let scales):
      let text = Array(state.text.utf8)
      arrays += [
        SafetensorsArray(
          "\(name).absmax", .f32, layout.components[scales].shape, .component(scales)),
        SafetensorsArray(name + form.type.stateSuffix, .u8, [text.count], .bytes(text)),
      ]
    case .nested(let codes, let groups, let offset, let map):
      state.nestedBlockSize = nestedBlockSize
      state.nestedDtype = "float32"
      state.nestedOffset = 0
      let state = state
      arrays += [
        SafetensorsArray(
          "\(name).absmax", .u8, layout.components[codes].shape, .component(codes)),
        SafetensorsArray(
          "\(name).nested_absmax", .f32, layout.components[groups].shape, .component(groups)),
        SafetensorsArray("\(name).nested_quant_map", .f32, [256], .bytes(map)),
        // The offset is known when all scales are, and how long its text is only then.
        SafetensorsArray(
          name + form.type.stateSuffix, .u8, [1],
          .made(
            from: offset, maximumByteCount: state.text.utf8.count + QuantState.longestNumber
          ) { bytes in
            var state = state
            state.nestedOffset = bytes.withUnsafeBytes {
              Double(Float(bitPattern: $0.loadUnaligned(as: UInt32.self).littleEndian))
            }
            return Array(state.text.utf8)
          }),
      ]
    }
    return arrays
  }
}
