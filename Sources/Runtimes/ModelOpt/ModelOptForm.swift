// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// In which of its forms ModelOpt holds a tensor: told from what is stored for it and how that is read,
/// not from the scheme's name.
enum ModelOptForm {
  case grid(GridForm)
  case groups(GroupForm)

  /// The form of a tensor; nil where it is none.
  init?(of record: TensorRecord) {
    if let grid = GridForm(of: record) {
      if grid.kind == .mxfp4 { return nil }
      self = .grid(grid)
      return
    }
    guard let groups = GroupForm(of: record), groups.isSymmetric else { return nil }
    if groups.bits == 8 {
      guard groups.group == groups.columns else { return nil }
    } else if groups.rows % 2 != 0 || groups.columns % 2 != 0 {
      return nil
    }
    self = .groups(groups)
  }

  var algorithm: ModelOpt.Algorithm {
    switch self {
    case .grid(let form): form.kind == .e4m3Rows ? .fp8Rows : .nvfp4
    case .groups(let form): form.bits == 8 ? .int8 : .int4
    }
  }

  /// The weights that share a scale, where the configuration states it.
  var groupSize: Int? {
    switch self {
    case .grid(let form): form.kind == .e4m3Rows ? nil : 16
    case .groups(let form): form.bits == 8 ? nil : form.group
    }
  }

  /// The arrays in which a loader looks for a tensor.
  func arrays(of record: TensorRecord) -> [SafetensorsArray] {
    let tensor = record.tensor
    let module = tensor.name.dropLast(".weight".count)
    let (rows, columns) = (tensor.rowCount, tensor.columnCount)
    switch self {
    case .grid(let form):
      guard case .nvfp4(let number, let isDivisor) = form.kind else {
        return [
          SafetensorsArray(tensor.name, .f8e4m3, tensor.shape, .component(form.codes)),
          SafetensorsArray(
            "\(module).weight_scale", .f32, [rows],
            form.scaleType == .f32
              ? .component(form.scales)
              : .arranged(from: form.scales, WidenedScales(from: form.scaleType))),
        ]
      }
      return [
        SafetensorsArray(tensor.name, .u8, [rows, columns / 2], .component(form.codes)),
        SafetensorsArray(
          "\(module).weight_scale", .f8e4m3, [rows, columns / 16], .component(form.scales)),
        SafetensorsArray(
          "\(module).weight_scale_2", .f32, [],
          isDivisor ? .arranged(from: number, Reciprocal()) : .component(number)),
      ]
    case .groups(let form):
      let scales: SafetensorsArray.Content =
        form.scaleType == .f32
        ? .component(form.scalesComponent)
        : .arranged(from: form.scalesComponent, WidenedScales(from: form.scaleType))
      if form.bits == 8 {
        return [
          SafetensorsArray(
            tensor.name, .i8, tensor.shape,
            form.codes == .signedBytes
              ? .component(form.codesComponent)
              : .arranged(from: form.codesComponent, SignedCodes())),
          SafetensorsArray("\(module).weight_scale", .f32, [rows], scales),
        ]
      }
      return [
        SafetensorsArray(
          tensor.name, .u8, [rows / 2, columns],
          .arranged(from: form.codesComponent, PairedRows(columns: columns, codes: form.codes))),
        SafetensorsArray("\(module).weight_scale", .f32, [rows, form.groups], scales),
        // Ones: what comes into the layer is not scaled. TensorRT-LLM looks for it in every layer.
        SafetensorsArray(
          "\(module).pre_quant_scale", .f32, [columns],
          .computed { [Float](repeating: 1, count: columns).bytes }),
      ]
    }
  }
}

/// Unsigned codes of a byte as two's complement.
private struct SignedCodes: FrameArrangement {
  func arrange(
    _ frame: UnsafeRawBufferPointer, at offset: Int,
    write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    try frame.map { $0 ^ 0x80 }.withUnsafeBytes { try write($0, offset) }
  }
}

/// Four-bit codes as two's complement, two rows to a row of bytes: the even one in the low half.
///
/// Slabs are whole pairs of rows.
private struct PairedRows: FrameArrangement {
  let columns: Int
  let codes: GroupForm.Codes

  func arrange(
    _ frame: UnsafeRawBufferPointer, at offset: Int,
    write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    guard !frame.isEmpty else { return }
    // As many bytes come out as go in: a pair of rows is `columns` of them.
    try withUnsafeTemporaryAllocation(byteCount: 2 * frame.count, alignment: 8) { room in
      guard let base = room.baseAddress else { return }
      GroupForm.unsigned(frame, codes, into: base)
      let (source, paired) = (UnsafeRawBufferPointer(room), room[frame.count...])
      let half = columns / 2
      for pair in 0..<frame.count / columns {
        for byte in 0..<half {
          let first = source[pair * columns + byte]
          let second = source[pair * columns + half + byte]
          let place = paired.startIndex + pair * columns + 2 * byte
          room[place] = (first & 15 | second << 4) ^ 0x88
          room[place + 1] = (first >> 4 | second & 0xF0) ^ 0x88
        }
      }
      try write(UnsafeRawBufferPointer(rebasing: paired), offset)
    }
  }
}
