// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Foundation
import Quantization

/// Which scheme tensors get.
struct SchemeArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What linear layers get (default: \(OutputFormats.defaultSchemes)): "
        + "\(Schemes.names.joined(separator: ", "))\(OutputFormats.ownSchemes).", valueName: "name"),
    completion: .list(OutputFormats.schemeNames))
  var scheme: String?

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

  /// Checks that a format knows the scheme.
  ///
  /// - Throws: `ValidationError`.
  func validate(for format: any OutputFormat) throws {
    do { try format.schemes.check(scheme ?? format.defaultScheme, options: options) } catch {
      throw ValidationError("\(error)")
    }
  }

  /// What tensors get, from the options and the recipe file.
  ///
  /// - Throws: `QuantizationError`, or what is wrong with reading the file.
  func resolved(for format: any OutputFormat) throws -> Recipe {
    let fallback = Recipe.Choice.scheme(name: scheme ?? format.defaultScheme, options: options)
    guard let recipe else { return Recipe(linearLayers: fallback) }
    let text = try TextFile.read(recipe)
    return try Recipe(yaml: text, path: recipe, fallback: fallback, schemes: format.schemes)
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
