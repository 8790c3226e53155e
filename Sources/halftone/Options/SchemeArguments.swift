// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Quantization

/// Which scheme tensors get.
struct SchemeArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What linear layers get: \(Schemes.names.joined(separator: ", ")).", valueName: "name"),
    completion: .list(Schemes.names))
  var scheme = "nf4"

  @Option(
    help: ArgumentHelp(
      "Weights per block: a power of two from 32 to 4096 (default: 64); 32, 64, 128 or row for w4a16, "
        + "w8a16 and w4a16-asym (default: 128).", valueName: "n|row"))
  var blockSize: BlockSizeArgument?

  @Flag(help: "Quantize the scales too.")
  var doubleQuant = false

  @Option(help: "How scales are chosen: absmax, exactly as the scheme's inventor published it.")
  var scales = ScaleRule.absmax

  @Option(
    help: ArgumentHelp(
      "A YAML file that chooses schemes by tensor name; see formats/recipes.md.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var recipe: String?

  enum ScaleRule: String, ExpressibleByArgument, CaseIterable { case absmax }

  private var options: SchemeOptions {
    SchemeOptions(
      blockSize: blockSize?.weightCount, blocksAreRows: blockSize == .row,
      doubleQuantization: doubleQuant)
  }

  func validate() throws {
    do { _ = try Schemes.scheme(named: scheme, options: options) } catch {
      throw ValidationError("\(error)")
    }
  }

  /// What tensors get, from the options and the recipe file.
  ///
  /// - Throws: `QuantizationError`, or what is wrong with reading the file.
  func resolved() throws -> Recipe {
    let fallback = Recipe.Choice.scheme(name: scheme, options: options)
    guard let recipe else { return Recipe(linearLayers: fallback) }
    let text = try TextFile.read(recipe)
    return try Recipe(yaml: text, path: recipe, fallback: fallback)
  }
}

/// A number of weights, or `row`.
enum BlockSizeArgument: ExpressibleByArgument, Equatable {
  case weights(Int)
  case row

  var weightCount: Int? { if case .weights(let count) = self { count } else { nil } }

  init?(argument: String) {
    if argument == "row" {
      self = .row
    } else if let count = Int(argument) {
      self = .weights(count)
    } else {
      return nil
    }
  }
}
