// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import Testing

/// Every file of `formats/vectors/invalid` is refused, with the error that its row names.
@Suite struct InvalidVectorTests {
  static let names = Vectors.names(in: "invalid")

  @Test(arguments: names) func `the file is refused with exactly its error`(name: String) throws {
    var found: ContainerError?
    do {
      try Vectors.readCompletely(Vectors.path("invalid", name))
    } catch let error as ContainerError {
      found = error
    }
    let error = try #require(found)
    let expected = try #require(InvalidVectors.errors[name])
    #expect(withoutLibraryText(error, like: expected) == expected)
    #expect(!error.description.contains("\n"))
    let row = try #require(try Vectors.rows()[name])
    let label = Mirror(reflecting: error).children.first?.label
    #expect(row.last == label)
  }

  @Test func `every expected error has its file`() {
    #expect(Set(InvalidVectors.errors.keys) == Set(Self.names))
  }

  private func withoutLibraryText(
    _ error: ContainerError, like expected: ContainerError
  ) -> ContainerError {
    guard case .frameContent(_, _, _, InvalidVectors.anyProblem) = expected,
      case .frameContent(let file, let frame, let offset, _) = error
    else { return error }
    return .frameContent(
      file: file, frame: frame, offset: offset, problem: InvalidVectors.anyProblem)
  }
}
