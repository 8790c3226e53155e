// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

extension EncodedWeight {
  /// Reads a weight of LLM.int8().
  ///
  /// - Parameters:
  ///   - module: the name of the layer, of which the scales are an array.
  ///   - elementType: what the weights were before; the file does not say.
  /// - Throws: ``RuntimeError`` where its arrays do not fit together.
  init(rowsOf module: String, _ elementType: ElementType, of model: SafetensorsModel) throws {
    let name = "\(module).weight"
    var finder = ArrayFinder(model: model, weight: name)
    let codes = try finder.array(name)
    guard codes.elementType == .i8, codes.shape.count == 2, codes.elementCount > 0 else {
      throw finder.refusal(
        "it has row scales, but is \(codes.elementType.rawValue) \(codes.shape), no I8 matrix")
    }
    let scales = try finder.component("scales", "\(module).SCB", .f32, [codes.rowCount])
    if model.description(of: "\(module).weight_format") != nil {
      let format = try finder.component("format", "\(module).weight_format", .u8, [])
      let value = try model.withStoredBytes(of: "\(module).weight_format") { $0.first }
      guard case .stored = format.array, value == 0 else {
        throw finder.refusal(
          "its weight_format is \(value ?? 0), an order of old GPUs; load it with the bitsandbytes "
            + "that saved it and save rows")
      }
    }
    self.init(
      TensorDescription(
        name: name, shape: codes.shape, elementType: elementType, scheme: "int8-row",
        storedByteCount: codes.storedByteCount + scales.component.byteCount),
      encoding: Encoding(
        component: 0,
        steps: [
          .init(.multiply, Encoding(component: 1), block: codes.columnCount),
          .init(.multiply, Encoding(component: 2)),
        ]),
      components: [
        (.init(role: "codes", elementType: .i8, shape: codes.shape), .stored(name)), scales,
        (
          .init(role: "step", elementType: .f32, shape: [1]), .known([Bitsandbytes.step].bytes)
        ),
      ], foundBy: finder)
  }
}
