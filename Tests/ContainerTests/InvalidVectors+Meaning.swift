// SPDX-License-Identifier: Apache-2.0

import Container

extension InvalidVectors {
  /// What is wrong in what a directory says of components, tensors, assets and parts.
  static let meaning: [String: ContainerError] = [
    "asset-backslash": .inconsistent(
      file: at("asset-backslash"), item: "asset 'a\\b'", problem: "not a plain file name"),
    "asset-dots": .inconsistent(
      file: at("asset-dots"), item: "asset '..'", problem: "not a plain file name"),
    "asset-nameless": .inconsistent(
      file: at("asset-nameless"), item: "asset ''", problem: "not a plain file name"),
    "asset-no-component": .inconsistent(
      file: at("asset-no-component"), item: "asset 'config.json'", problem: "no component 6"),
    "asset-nul": .inconsistent(
      file: at("asset-nul"), item: "asset 'a\\u{0}b'", problem: "not a plain file name"),
    "asset-slash": .inconsistent(
      file: at("asset-slash"), item: "asset '../config.json'", problem: "not a plain file name"),
    "asset-twice": .inconsistent(
      file: at("asset-twice"), item: "asset 'config.json'", problem: "there are two"),
    "bits-eight": .inconsistent(
      file: at("bits-eight"), item: "tensor 'w'",
      problem: "packed numbers need 1 to 7 bits, an order and a U8 component"),
    "bits-not-u8": .inconsistent(
      file: at("bits-not-u8"), item: "tensor 'w'",
      problem: "packed numbers need 1 to 7 bits, an order and a U8 component"),
    "bits-without-order": .inconsistent(
      file: at("bits-without-order"), item: "tensor 'w'",
      problem: "packed numbers need 1 to 7 bits, an order and a U8 component"),
    "bits-zero": .inconsistent(
      file: at("bits-zero"), item: "tensor 'w'",
      problem: "packed numbers need 1 to 7 bits, an order and a U8 component"),
    "block-negative": .inconsistent(
      file: at("block-negative"), item: "tensor 'w'", problem: "a block of -32 weights"),
    "block-zero": .inconsistent(
      file: at("block-zero"), item: "tensor 'w'", problem: "a block of 0 weights"),
    "code-outside": .inconsistent(
      file: at("code-outside"), item: "tensor 'w'",
      problem: "code 15.0 of weight 0 is not in its codebook"),
    "codebook-empty": .inconsistent(
      file: at("codebook-empty"), item: "tensor 'w'", problem: "a codebook is empty or too long"),
    "codebook-too-long": .inconsistent(
      file: at("codebook-too-long"), item: "tensor 'w'",
      problem: "a codebook is empty or too long"),
    "coding": .unknownCoding(file: at("coding"), item: "component 3", coding: "rle"),
    "coding-order": .unknownCoding(
      file: at("coding-order"), item: "component 3", coding: "planes4"),
    "coding-twice": .unknownCoding(file: at("coding-twice"), item: "component 3", coding: "zstd"),
    "component-negative": .inconsistent(
      file: at("component-negative"), item: "tensor 'w'", problem: "no component -1"),
    "directory-coding": .unknownCoding(
      file: at("directory-coding"), item: "directory", coding: "2"),
    "double-00001-of-00002": .parts(
      file: at("double-00002-of-00002"),
      problem: "tensor 'w' is also in \(at("double-00001-of-00002"))"),
    "double-00002-of-00002": .parts(
      file: at("double-00002-of-00002"),
      problem: "tensor 'w' is also in \(at("double-00001-of-00002"))"),
    "encoding-name": .unknownEncoding(
      file: at("encoding-name"), item: "tensor 'w'", name: "offset"),
    "first-frame-large": .inconsistent(
      file: at("first-frame-large"), item: "component 0",
      problem: "frames 9223372036854775807 and on are not all in the table"),
    "first-frame-negative": .inconsistent(
      file: at("first-frame-negative"), item: "component 0",
      problem: "frames -1 and on are not all in the table"),
    "foreign-00001-of-00002": .parts(
      file: at("foreign-00002-of-00002"),
      problem: "it is part 2 of 2 of set 0badcafe, not part 2 of 2 of set 00c0ffee"),
    "foreign-00002-of-00002": .parts(
      file: at("foreign-00001-of-00002"),
      problem: "it is part 1 of 2 of set 00c0ffee, not part 1 of 2 of set 0badcafe"),
    "frame-bytes-large": .inconsistent(
      file: at("frame-bytes-large"), item: "component 0", problem: "frames of 67108865 bytes"),
    "frame-bytes-zero": .inconsistent(
      file: at("frame-bytes-zero"), item: "component 0", problem: "frames of 0 bytes"),
    "frame-count": .inconsistent(
      file: at("frame-count"), item: "component 0", problem: "2 frames where 1 are needed"),
    "frame-count-zero": .inconsistent(
      file: at("frame-count-zero"), item: "component 0", problem: "0 frames where 1 are needed"),
    "frame-of-nobody": .inconsistent(
      file: at("frame-of-nobody"), item: "frame 6", problem: "it belongs to no component"),
    "frame-of-two": .inconsistent(
      file: at("frame-of-two"), item: "component 3", problem: "its frames begin at 2, not at 3"),
    "lookup-no-component": .inconsistent(
      file: at("lookup-no-component"), item: "tensor 'w'", problem: "no component 99"),
    "misaligned": .inconsistent(
      file: at("misaligned"), item: "component 0",
      problem: "it begins at byte 68, no multiple of 64"),
    "missing-00001-of-00002": .parts(
      file: at("missing-00001-of-00002"),
      problem: "part 2, missing-00002-of-00002.tone, is missing"),
    "no-component": .inconsistent(
      file: at("no-component"), item: "tensor 'w'", problem: "no component 6"),
    "no-numbers": .inconsistent(
      file: at("no-numbers"), item: "tensor 'k'", problem: "F4 numbers can't be restored"),
    "operand-no-component": .inconsistent(
      file: at("operand-no-component"), item: "tensor 'w'", problem: "no component 99"),
    "operation": .unknownEncoding(file: at("operation"), item: "tensor 'w'", name: "remainder"),
    "order": .unknownEncoding(file: at("order"), item: "tensor 'w'", name: "middle"),
    "part-assets": .inconsistent(
      file: at("part-assets"), item: "part",
      problem: "part 2 holds assets, which belong in part 1"),
    "part-count": .inconsistent(
      file: at("part-count"), item: "part", problem: "1 of 4611686018427387904"),
    "part-index": .inconsistent(file: at("part-index"), item: "part", problem: "3 of 2"),
    "part-index-zero": .inconsistent(file: at("part-index-zero"), item: "part", problem: "0 of 1"),
    "part-misnamed": .parts(
      file: at("part-misnamed"), problem: "part 1 of 2 is not named …-00001-of-00002.tone"),
    "part-set": .inconsistent(
      file: at("part-set"), item: "part",
      problem: "set '00C0FFEE' is not eight lower-case hexadecimal digits"),
    "planes": .inconsistent(
      file: at("planes"), item: "component 3",
      problem: "its frames are no whole elements of 4 bytes"),
    "raw-apart": .inconsistent(
      file: at("raw-apart"), item: "component 5", problem: "frame 7 does not lie where it must"),
    "raw-length": .inconsistent(
      file: at("raw-length"), item: "component 0", problem: "frame 0 does not lie where it must"),
    "shape-negative": .inconsistent(
      file: at("shape-negative"), item: "component 0",
      problem: "shape [-4] of U8 is negative, too large or no whole bytes"),
    "shape-overflow": .inconsistent(
      file: at("shape-overflow"), item: "component 0",
      problem: "shape [4294967296, 4294967296] of U8 is negative, too large or no whole bytes"),
    "shape-overflow-zero": .inconsistent(
      file: at("shape-overflow-zero"), item: "tensor 'w'",
      problem: "shape [4294967296, 0, 4294967296] is too large or negative"),
    "shape-part-byte": .inconsistent(
      file: at("shape-part-byte"), item: "component 0",
      problem: "shape [7] of F4 is negative, too large or no whole bytes"),
    "shape-rank": .inconsistent(
      file: at("shape-rank"), item: "component 0",
      problem: "shape [4, 1, 1, 1, 1, 1, 1, 1, 1] of U8 is negative, too large or no whole bytes"),
    "step-name": .unknownEncoding(file: at("step-name"), item: "tensor 'w'", name: "every"),
    "tensor-shape": .inconsistent(
      file: at("tensor-shape"), item: "tensor 'w'",
      problem: "shape [-2, -4] is too large or negative"),
    "tensor-twice": .inconsistent(
      file: at("tensor-twice"), item: "tensor 'w'", problem: "there are two"),
    "tensor-type": .inconsistent(
      file: at("tensor-type"), item: "tensor 'w'", problem: "unknown element type 'F31'"),
    "too-deep": .inconsistent(
      file: at("too-deep"), item: "tensor 'w'", problem: "its encoding is nested too deep"),
    "too-few-numbers": .inconsistent(
      file: at("too-few-numbers"), item: "tensor 'w'",
      problem: "component 0 has 8 numbers where 9 are needed"),
    "too-few-scales": .inconsistent(
      file: at("too-few-scales"), item: "tensor 'w'",
      problem: "component 2 has 1 numbers where 2 are needed"),
    "too-many-encodings": .inconsistent(
      file: at("too-many-encodings"), item: "tensor 'w'",
      problem: "its encoding consists of too many"),
    "too-many-steps": .inconsistent(
      file: at("too-many-steps"), item: "tensor 'w'", problem: "its encoding has too many steps"),
    "type": .inconsistent(
      file: at("type"), item: "component 0", problem: "unknown element type 'I7'"),
  ]
}
