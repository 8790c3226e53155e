// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Tensors

/// The files that are made from a model's metadata when they are first asked for.
final class GGUFMadeFiles: Sendable {
  struct Result: Sendable {
    /// Sorted by name.
    var assets: [Asset] = []
    /// Why files that a model usually has could not be made.
    var absences: [String: any Error] = [:]
  }

  private let result = Mutex<Result?>(nil)

  /// The files of `model`, which is the same for every call.
  func of(_ model: GGUFModel) -> Result {
    result.withLock { result in
      if let result { return result }
      let new = Self.make(of: model)
      result = new
      return new
    }
  }

  private static func make(of model: GGUFModel) -> Result {
    var result = Result()
    do {
      result.assets.append(
        Asset(name: "config.json", contents: try GGUFConfiguration(of: model).document.data))
    } catch {
      result.absences["config.json"] = error
    }
    do {
      result.assets += try GGUFTokenizer(of: model.files[0].metadata).assets
    } catch {
      result.absences["tokenizer.json"] = error
    }
    result.assets.sort { $0.name < $1.name }
    return result
  }
}
