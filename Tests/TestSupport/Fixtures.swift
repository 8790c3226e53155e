// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where the files that tests read are, whatever the working directory is.
package enum Fixtures {
  /// The top of the checkout.
  package static let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  /// `Tests/Fixtures`; every file there has a row in its README.
  package static let folder = repository.appending(path: "Tests/Fixtures")
  /// The trained checkpoint that the examples use.
  package static let trainedModel = repository.appending(path: "examples/ref-llama")
}
