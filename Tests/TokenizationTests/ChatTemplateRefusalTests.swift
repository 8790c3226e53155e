// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Tokenization

/// What a template that is wrong, foreign or hostile comes to: an error, soon.
@Suite struct ChatTemplateRefusalTests {
  private func error(of template: String) -> TemplateError? {
    do throws(TemplateError) {
      _ = try ChatTemplate(template).render([.init(role: "user", content: "hello")], now: 0)
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    ("{% include 'x' %}", "{% include %}"), ("\n{% call f() %}{% endcall %}", "{% call %}"),
    ("{% for a in [1] recursive %}{% endfor %}", "recursive"), ("{{ 'a' | wordwrap }}", "wordwrap"),
    ("{{ 1 is prime }}", "prime"), ("{{ 'a'.encode() }}", "encode"), ("{{ lipsum() }}", "lipsum"),
    ("{{ ''.__class__() }}", "__class__"), ("{{ messages.append(1) }}", "append"),
  ])
  func `a construct that isn't implemented is named with its line`(template: String, name: String) {
    guard case .unsupported(let line, let construct)? = error(of: template) else {
      Issue.record("\(template) is not refused")
      return
    }
    #expect(construct.contains(name))
    #expect(line == (template.hasPrefix("\n") ? 2 : 1))
  }

  @Test(arguments: [
    "{{ 1", "{% if x %}", "{% endif %}", "{{ }}", "{{ 'a }}", "{{ (1 }}", "{% set = 1 %}",
    "{{ 1 2 }}",
    "{# never closed", "{{ a ! b }}", "{{ [1, 2 }}", "{% for x %}{% endfor %}",
    "{{ 'a' \"\\u00\" }}",
  ])
  func `a malformed template is an error`(template: String) {
    guard case .malformed? = error(of: template) else {
      Issue.record("\(template) is not refused")
      return
    }
  }

  @Test(arguments: [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 'x' * 999999999999 }}", "{{ range(99999999) | list }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% set n = namespace(s='xxxxxxxxxxxxxxxx') %}{% for a in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
    "{% set n = namespace(l=[1, 2, 3, 4]) %}{% for a in range(60) %}{% set n.l = n.l + n.l %}{% endfor %}",
    String(repeating: "(", count: 100_000),
    "{{ " + String(repeating: "(", count: 100_000) + String(repeating: ")", count: 100_000) + " }}",
    "{{ 1" + String(repeating: " + 1", count: 100_000) + " }}",
    "{{ " + String(repeating: "not ", count: 100_000) + "1 }}",
    "{{ a" + String(repeating: "[0]", count: 100_000) + " }}",
    String(repeating: "{% if 1 %}", count: 10_000),
    String(repeating: "x", count: 2 << 20),
    "{% set n = namespace(l=[]) %}{% for a in range(5000) %}{% set n.l = [n.l] %}{% endfor %}{{ n.l }}",
  ])
  func `a template that asks for too much is stopped`(template: String) {
    switch error(of: template) {
    case .limit?: break
    case nil where !template.hasPrefix("{"): break
    case let other: Issue.record("\(template.prefix(60)) gives \(String(describing: other))")
    }
  }

  @Test func `what the template refuses is said in its own words`() {
    #expect(
      error(of: "{{ raise_exception('no users here') }}")
        == .refused(message: "no users here"))
  }

  @Test func `messages name the line and what to do`() {
    let message = "\(error(of: "\n\n{{ none + 1 }}") ?? .missing(path: ""))"
    #expect(message.contains("line 3"))
    #expect(message.contains("--chat"))
  }
}
