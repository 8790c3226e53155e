// SPDX-License-Identifier: Apache-2.0

/// The windows of a measurement that are finished, and what they took.
package struct FinishedWindows<Window: MeasuredWindow>: Sendable {
  package var windows: [Window] = []
  /// Seconds of wall time, of each side; empty where nothing was measured.
  package var seconds: [Double] = []

  package init() {}

  /// What a record holds already.
  package init(_ record: WindowRecord<Window>) {
    windows = record.windows
    seconds = record.seconds
  }

  /// Seconds of one side.
  func seconds(of side: Int) -> Double { side < seconds.count ? seconds[side] : 0 }
}

extension WindowRecord {
  /// Takes what is finished.
  package mutating func add(_ finished: FinishedWindows<Window>) {
    windows = finished.windows
    seconds = finished.seconds
  }
}

/// Told of all windows that are finished, after each evaluation.
///
/// Throwing from it stops the work; the error comes out of the function that called it.
package typealias WindowKeeping<Window: MeasuredWindow> = (FinishedWindows<Window>) throws -> Void
