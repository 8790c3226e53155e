// SPDX-License-Identifier: Apache-2.0

/// What a folder that was read has, for a family to find itself in it.
struct CTranslate2Contents: Sendable {
  let decoder: CTranslate2Decoder
  let file: CTranslate2File

  /// Whether there is a variable of that name behind `decoder/`.
  func has(_ name: String) -> Bool { file.has(CTranslate2.scope + name) }

  /// Whether a module of the first layer has a bias.
  func hasBias(_ module: String) -> Bool { has("layer_0/\(module)/bias") }

  /// The rows of a module's weight in the first layer.
  func rowCount(_ module: String) -> Int {
    file["\(CTranslate2.scope)layer_0/\(module)/weight"]?.rowCount ?? 0
  }
}
