// SPDX-License-Identifier: Apache-2.0

import Foundation

extension TemplateRenderer {
  /// The longest list that `range` makes, as in the sandbox that Transformers renders in.
  private static let rangeLimit = 100_000

  func called(
    _ function: TemplateExpression, _ arguments: TemplateArguments
  ) throws(TemplateError) -> TemplateValue {
    // A method, unless the value has a member of that name.
    if case .attribute(let base, let name) = function {
      let value = try value(of: base)
      if case .loop(let place) = value, name == "cycle" {
        let values = try self.arguments(arguments).positional
        guard !values.isEmpty else { throw invalid("cycle needs values") }
        return values[place.index % values.count]
      }
      if let member = member(name, of: value) {
        return try call(member, named: name, self.arguments(arguments))
      }
      return try method(name, of: value, self.arguments(arguments))
    }
    let name = if case .name(let name) = function { name } else { "" }
    return try call(value(of: function), named: name, self.arguments(arguments))
  }

  private func member(_ name: String, of value: TemplateValue) -> TemplateValue? {
    switch value {
    case .namespace(let namespace): namespace[name]
    case .mapping:
      switch value[name] {
      case .some(.macro(let macro)): .macro(macro)
      case .some(.function(let function)): .function(function)
      default: nil
      }
    default: nil
    }
  }

  private func call(
    _ function: TemplateValue, named name: String, _ arguments: CallArguments
  ) throws(TemplateError) -> TemplateValue {
    switch function {
    case .macro(let reference):
      return try call(reference.macro, arguments.positional, arguments.named)
    case .function(.raiseException):
      throw .refused(message: arguments[0, "message"]?.text ?? "")
    case .function(.formatNow):
      guard let format = arguments.string(0, "format"), format.utf8.count <= 200 else {
        throw invalid("strftime_now takes a short format")
      }
      return .string(Self.formatted(now, as: format))
    case .function(.range): return .list(try range(arguments.positional))
    case .function(.namespace), .function(.mapping):
      var members: [(name: String, value: TemplateValue)] = []
      if case .mapping(let given)? = arguments.positional.first {
        members = given.map { ($0.key.text, $0.value) }
      }
      members.append(contentsOf: arguments.named)
      guard case .function(.namespace) = function else {
        return try measured(.object(members.map { ($0.name, $0.value) }))
      }
      return .namespace(TemplateNamespace(members))
    case .undefined:
      throw .unsupported(line: line, construct: "the function \(name.quoted)")
    default: throw invalid("\(function.kind) can't be called")
    }
  }

  private static func formatted(_ seconds: Int, as format: String) -> String {
    var time = time_t(seconds)
    var parts = tm()
    localtime_r(&time, &parts)
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = strftime(&buffer, buffer.count, format, &parts)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func range(_ arguments: [TemplateValue]) throws(TemplateError) -> [TemplateValue] {
    let numbers = arguments.compactMap(\.whole)
    guard numbers.count == arguments.count, (1...3).contains(numbers.count),
      numbers.allSatisfy({ $0.magnitude < 1 << 32 }), numbers.count < 3 || numbers[2] != 0
    else { throw invalid("range takes one to three whole numbers") }
    let start = numbers.count == 1 ? 0 : numbers[0]
    let end = numbers.count == 1 ? numbers[0] : numbers[1]
    let step = numbers.count == 3 ? numbers[2] : 1
    let places = stride(from: start, to: end, by: step)
    guard abs(end - start) / abs(step) <= Self.rangeLimit else {
      throw .limit(line: line, reason: "range gives more than \(Self.rangeLimit) numbers")
    }
    let elements = places.map { TemplateValue.integer($0) }
    try charge(elements.count)
    return elements
  }
}
