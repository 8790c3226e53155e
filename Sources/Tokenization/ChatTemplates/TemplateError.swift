// SPDX-License-Identifier: Apache-2.0

/// Why a chat template can't be rendered. Lines are those of the template, from 1.
package enum TemplateError: Error, Equatable, CustomStringConvertible {
  /// A model needs a chat template to be chatted with.
  case missing(path: String)
  /// Of several templates, one must be called `default`.
  case noDefault(path: String)
  /// The text must follow Jinja's grammar.
  case malformed(line: Int, expected: String)
  /// The template may use only what is implemented.
  case unsupported(line: Int, construct: String)
  /// Every operation needs values that it is defined for.
  case invalidOperation(line: Int, reason: String)
  /// The template must accept the conversation.
  case refused(message: String)
  /// Work, output and nesting must stay within bounds, for a template is code of a stranger.
  case limit(line: Int, reason: String)

  package var description: String {
    let remedy =
      "; leave out --chat and write the conversation as the model expects it into --prompt"
    return switch self {
    case .missing(let path):
      "\(path): no chat template; leave out --chat, or add the model's chat_template.jinja"
    case .noDefault(let path):
      "\(path): several chat templates and none is called default; keep one as chat_template.jinja"
    case .malformed(let line, let expected):
      "chat template, line \(line): expected \(expected); fetch the file again"
    case .unsupported(let line, let construct):
      "chat template, line \(line): \(construct) can't be rendered here" + remedy
    case .invalidOperation(let line, let reason):
      "chat template, line \(line): \(reason)" + remedy
    case .refused(let message):
      "the chat template refuses the conversation: \(message); change --prompt or --system"
    case .limit(let line, let reason):
      "chat template, line \(line): \(reason), more than any published template needs" + remedy
    }
  }
}
