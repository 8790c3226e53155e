// SPDX-License-Identifier: Apache-2.0

/// Puts special tokens around the ids of a text.
protocol PostProcessor: Sendable {
  func apply(to ids: [Int32]) -> [Int32]
}

/// The implemented post-processors, by type.
enum PostProcessors {
  static let registry = PartRegistry<any PostProcessor>([
    "BertProcessing": PairProcessor.init,
    "ByteLevel": { _ in OffsetsProcessor() },
    "RobertaProcessing": PairProcessor.init,
    "Sequence": PostProcessorSequence.init,
    "TemplateProcessing": TemplateProcessor.init,
  ])
}

/// ByteLevel's post-processor moves character offsets, which aren't kept here; ids stay.
struct OffsetsProcessor: PostProcessor {
  func apply(to ids: [Int32]) -> [Int32] { ids }
}

/// Several post-processors, one after the other.
struct PostProcessorSequence: PostProcessor {
  private let members: [any PostProcessor]

  init(_ part: Part) throws {
    members = try part.parts("processors").map(PostProcessors.registry.read)
  }

  func apply(to ids: [Int32]) -> [Int32] { members.reduce(ids) { $1.apply(to: $0) } }
}
