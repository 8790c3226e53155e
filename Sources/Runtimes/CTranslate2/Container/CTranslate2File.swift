// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// A `model.bin`, checked completely: more strictly than CTranslate2 does, which trusts its files.
///
/// Layout: version; name and revision of the specification; variables, each with its bytes; aliases.
struct CTranslate2File: Sendable {
  let file: MappedFile
  let version: UInt32
  let specification: String
  let revision: UInt32
  /// In the order of the file.
  let names: [String]
  private let variables: [String: CTranslate2Variable]
  private let aliases: [String: String]

  /// Maps and checks the file at `path`.
  init(path: String) throws(CTranslate2Error) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    try self.init(file)
  }

  /// Checks a file that is in memory, called `path` in error messages.
  init(contents: Data, path: String = "memory") throws(CTranslate2Error) {
    try self.init(MappedFile(copying: contents, path: path))
  }

  /// Checks a mapped file.
  init(_ file: MappedFile) throws(CTranslate2Error) {
    let parser: CTranslate2Parser
    do {
      parser = try file.withBytes { bytes in
        var parser = CTranslate2Parser(bytes, file: file.path)
        try parser.parse()
        return parser
      }
    } catch let error as CTranslate2Error {
      throw error
    } catch {
      throw .file(.system(path: file.path, operation: .read, code: EIO))
    }
    self.file = file
    version = parser.version
    specification = parser.specification
    revision = parser.revision
    names = parser.names
    variables = parser.variables
    aliases = parser.aliases
  }

  /// The variable of a name, which may be an alias; the scales of an alias are those of what it
  /// stands for.
  subscript(name: String) -> CTranslate2Variable? {
    if let variable = variables[name] { return variable }
    if let target = aliases[name] { return variables[target] }
    guard name.hasSuffix(CTranslate2.scaleSuffix),
      let target = aliases[String(name.dropLast(CTranslate2.scaleSuffix.count))]
    else { return nil }
    return variables[target + CTranslate2.scaleSuffix]
  }

  /// Whether a name is that of a variable or an alias.
  func has(_ name: String) -> Bool { self[name] != nil }

  /// The bytes of a variable, which are small.
  func bytes(of variable: CTranslate2Variable) throws -> [UInt8] {
    try file.withBytes(in: variable.byteRange) { Array($0) }
  }
}
