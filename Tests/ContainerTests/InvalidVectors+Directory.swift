// SPDX-License-Identifier: Apache-2.0

import Container

extension InvalidVectors {
  /// Directories that are not JSON of the specified shape.
  static let directory: [String: ContainerError] = [
    "component-as-string": .directory(
      file: at("component-as-string"),
      problem: "tensors.0.encoding.component has a value of the wrong kind"),
    "directory-enormous": .directory(
      file: at("directory-enormous"), problem: "18446744073709551615 bytes are more than 16779039"),
    "directory-huge": .directory(
      file: at("directory-huge"), problem: "1073741824 bytes are more than 16778272"),
    "directory-size": .directory(
      file: at("directory-size"), problem: "not a zstd frame of 1168 bytes"),
    "json-array": .directory(file: at("json-array"), problem: "it has a value of the wrong kind"),
    "json-cut": .directory(
      file: at("json-cut"), problem: "ends at byte 1166 where a comma or the end is expected"),
    "json-deep": .directory(file: at("json-deep"), problem: "nested deeper than 64 at byte 1215"),
    "json-deepest": .directory(
      file: at("json-deepest"), problem: "nested deeper than 64 at byte 64"),
    "json-empty": .directory(
      file: at("json-empty"), problem: "ends at byte 0 where a value is expected"),
    "json-garbage": .directory(
      file: at("json-garbage"), problem: "expected a value at byte 0, found 0x0"),
    "json-inner-name-twice": .directory(
      file: at("json-inner-name-twice"), problem: "second key 'scheme' in an object at byte 955"),
    "json-mark": .directory(file: at("json-mark"), problem: "byte order mark at byte 0"),
    "json-more": .directory(
      file: at("json-more"), problem: "something follows the JSON value at byte 1167"),
    "json-name-twice": .directory(
      file: at("json-name-twice"), problem: "second key 'tool' in an object at byte 1159"),
    "json-not-utf8": .directory(file: at("json-not-utf8"), problem: "invalid UTF-8 at byte 1160"),
    "number-as-string": .directory(
      file: at("number-as-string"),
      problem: "components.0.frame_bytes has a value of the wrong kind"),
    "number-too-large": .directory(
      file: at("number-too-large"), problem: "it has a value of the wrong kind"),
    "number-with-fraction": .directory(
      file: at("number-with-fraction"), problem: "it has a value of the wrong kind"),
    "operation-kind": .directory(
      file: at("operation-kind"),
      problem: "tensors.0.encoding.steps.1.op has a value of the wrong kind"),
    "order-kind": .directory(
      file: at("order-kind"), problem: "tensors.0.encoding.order has a value of the wrong kind"),
    "without-assets": .directory(file: at("without-assets"), problem: "it lacks 'assets'"),
    "without-components": .directory(
      file: at("without-components"), problem: "it lacks 'components'"),
    "without-component": .directory(
      file: at("without-component"), problem: "tensors.0.encoding lacks 'component'"),
    "without-operand": .directory(
      file: at("without-operand"), problem: "tensors.0.encoding.steps.1 lacks 'with'"),
    "without-part": .directory(file: at("without-part"), problem: "it lacks 'part'"),
    "without-provenance": .directory(
      file: at("without-provenance"), problem: "it lacks 'provenance'"),
    "without-shape": .directory(file: at("without-shape"), problem: "components.1 lacks 'shape'"),
    "without-tensors": .directory(file: at("without-tensors"), problem: "it lacks 'tensors'"),
    "without-tool": .directory(file: at("without-tool"), problem: "it lacks 'tool'"),
  ]
}
