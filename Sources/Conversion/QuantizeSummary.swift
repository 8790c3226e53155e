// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

extension QuantizeSummary {
  /// Sums up a quantization.
  init(
    _ options: QuantizeOptions, _ plan: ConversionPlan, _ tensors: [WrittenTensor],
    inputBytes: Int, outputBytes: Int, elapsed: Duration, peakMemory: PeakMemory
  ) {
    // Encoded here, or copied as it was encoded elsewhere. Tensors that a format wants in another type of
    // plain numbers count only where nothing but such was asked for.
    let encoded = tensors.filter { $0.record.plainType == nil }
    let quantized = encoded.isEmpty ? tensors.filter { $0.statistics != nil } : encoded
    let weights = quantized.reduce(0) { $0 + $1.record.tensor.elementCount }
    let stored = quantized.reduce(0) { $0 + $1.storedByteCount }
    let allWeights = plan.entries.reduce(0) { $0 + $1.tensor.elementCount }
    var lost = ErrorStatistics()
    for tensor in quantized { tensor.statistics.map { lost.add($0) } }
    let schemes = Set(quantized.map(\.record.scheme)).sorted()
    output = options.output
    scheme = schemes.isEmpty ? "keep" : schemes.joined(separator: ", ")
    self.tensors = tensors.count
    quantizedTensors = quantized.count
    self.inputBytes = inputBytes
    self.outputBytes = outputBytes
    bitsPerWeight = weights == 0 ? 0 : Double(stored) * 8 / Double(weights)
    fileBitsPerWeight = allWeights == 0 ? 0 : Double(outputBytes) * 8 / Double(allWeights)
    sqnr = lost.sqnr
    seconds = elapsed / .seconds(1)
    inputBytesPerSecond = seconds > 0 ? Double(inputBytes) / seconds : 0
    peakMemoryBytes = peakMemory.byteCount
  }
}
