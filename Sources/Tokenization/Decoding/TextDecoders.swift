// SPDX-License-Identifier: Apache-2.0

/// Joins all tokens.
struct FuseDecoder: Decoder {
  init(_ part: Part) {}

  func decode(_ tokens: [String]) -> [String] { [tokens.joined()] }
}

/// Drops up to a number of given characters from either end of each token.
struct StripDecoder: Decoder {
  private let content: Unicode.Scalar
  private let start: Int
  private let stop: Int

  init(_ part: Part) throws {
    content = try part.scalar("content")
    start = try part.count("start")
    stop = try part.count("stop")
  }

  func decode(_ tokens: [String]) -> [String] {
    tokens.map { token in
      var scalars = token.unicodeScalars[...]
      for _ in 0..<min(start, scalars.count) {
        guard scalars.first == content else { break }
        scalars.removeFirst()
      }
      for _ in 0..<min(stop, scalars.count) {
        guard scalars.last == content else { break }
        scalars.removeLast()
      }
      return String(scalars)
    }
  }
}

/// Writes a Metaspace's character as the space that it stands for.
struct MetaspaceDecoder: Decoder {
  private let replacement: Unicode.Scalar
  private let scheme: PrependScheme

  init(_ part: Part) throws {
    replacement = try part.scalar("replacement")
    scheme = try PrependScheme(part)
  }

  func decode(_ tokens: [String]) -> [String] {
    tokens.enumerated().map { index, token in
      let dropsReplacement = index == 0 && scheme != .never
      var result = String.UnicodeScalarView()
      for scalar in token.unicodeScalars {
        if scalar != replacement {
          result.append(scalar)
        } else if !dropsReplacement {
          result.append(" ")
        }
      }
      return String(result)
    }
  }
}

/// Writes the suffix that ends a word as a space, except at the end of the text.
struct SuffixDecoder: Decoder {
  private let suffix: String

  init(_ part: Part) throws { suffix = try part.optionalString("suffix") ?? "</w>" }

  func decode(_ tokens: [String]) throws -> [String] {
    tokens.enumerated().map { index, token in
      token.replacingBytes(of: suffix, with: index == tokens.count - 1 ? "" : " ")
    }
  }
}
