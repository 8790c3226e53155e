// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion

/// The name of a format that can be written.
struct FormatArgument: ExpressibleByArgument {
  let name: String
  let format: any OutputFormat

  /// The native format.
  static var tone: FormatArgument { FormatArgument(OutputFormats.native) }

  private init(_ format: any OutputFormat) {
    name = type(of: format).name
    self.format = format
  }

  init?(argument: String) {
    guard let format = try? OutputFormats.format(named: argument) else { return nil }
    self.init(format)
  }

  static var allValueStrings: [String] { OutputFormats.names }

  var defaultValueDescription: String { name }
}
