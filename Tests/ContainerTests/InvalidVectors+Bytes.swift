// SPDX-License-Identifier: Apache-2.0

import Container

extension InvalidVectors {
  /// What is wrong in the header, the trailer, the tables and the frames.
  static let bytes: [String: ContainerError] = [
    "cut-after-header": .tooShort(file: at("cut-after-header"), byteCount: 64),
    "cut-in-directory": .noTrailer(file: at("cut-in-directory"), offset: 728),
    "cut-in-frames": .noTrailer(file: at("cut-in-frames"), offset: 67),
    "cut-in-header": .tooShort(file: at("cut-in-header"), byteCount: 40),
    "cut-in-magic": .notTone(file: at("cut-in-magic")),
    "cut-in-table": .noTrailer(file: at("cut-in-table"), offset: 420),
    "cut-in-trailer": .noTrailer(file: at("cut-in-trailer"), offset: 1758),
    "directory-elsewhere": .misplaced(
      file: at("directory-elsewhere"), part: "directory", offset: 593),
    "directory-short": .misplaced(file: at("directory-short"), part: "directory", offset: 592),
    "empty": .notTone(file: at("empty")),
    "flip-asset": .checksum(file: at("flip-asset"), part: "frame 5", offset: 320),
    "flip-directory": .checksum(file: at("flip-directory"), part: "directory", offset: 592),
    "flip-end-mark": .noTrailer(file: at("flip-end-mark"), offset: 1759),
    "flip-frame-coded": .checksum(file: at("flip-frame-coded"), part: "frame 3", offset: 196),
    "flip-frame-raw": .checksum(file: at("flip-frame-raw"), part: "frame 0", offset: 64),
    "flip-gap": .notZero(file: at("flip-gap"), part: "the gap between frames", offset: 69),
    "flip-header": .checksum(file: at("flip-header"), part: "header", offset: 0),
    "flip-header-checksum": .checksum(file: at("flip-header-checksum"), part: "header", offset: 0),
    "flip-table": .checksum(file: at("flip-table"), part: "frame table", offset: 464),
    "flip-trailer": .checksum(file: at("flip-trailer"), part: "trailer", offset: 1759),
    "flip-trailer-checksum": .checksum(
      file: at("flip-trailer-checksum"), part: "trailer", offset: 1759),
    "flip-version": .checksum(file: at("flip-version"), part: "header", offset: 0),
    "frame-empty": .framePlacement(
      file: at("frame-empty"), frame: 3, offset: 196, problem: "it is empty"),
    "frame-in-header": .framePlacement(
      file: at("frame-in-header"), frame: 3, offset: 60, problem: "outside the data area"),
    "frame-in-table": .framePlacement(
      file: at("frame-in-table"), frame: 3, offset: 463, problem: "outside the data area"),
    "frame-outside": .framePlacement(
      file: at("frame-outside"), frame: 3, offset: 9223372036854775813,
      problem: "outside the data area"),
    "frames-overlap": .framePlacement(
      file: at("frames-overlap"), frame: 4, offset: 251, problem: "overlaps another"),
    "gap": .notZero(file: at("gap"), part: "the gap between frames", offset: 466),
    "header-only-twice": .noTrailer(file: at("header-only-twice"), offset: 64),
    "header-reserved": .notZero(file: at("header-reserved"), part: "header", offset: 59),
    "hole": .framePlacement(
      file: at("hole"), frame: 4, offset: 316, problem: "leaves a hole of 64 bytes before it"),
    "hole-before-table": .misplaced(
      file: at("hole-before-table"), part: "frame table", offset: 528),
    "line-ends": .notTone(file: at("line-ends")),
    "longer": .wrongLength(file: at("longer"), stated: 1823, actual: 1831),
    "magic": .notTone(file: at("magic")),
    "major-version": .unknownVersion(file: at("major-version"), major: 2, minor: 0),
    "major-version-zero": .unknownVersion(file: at("major-version-zero"), major: 0, minor: 9),
    "stated-length": .wrongLength(file: at("stated-length"), stated: 1824, actual: 1823),
    "table-in-header": .misplaced(file: at("table-in-header"), part: "frame table", offset: 48),
    "table-outside": .misplaced(
      file: at("table-outside"), part: "frame table", offset: 9223372036854775808),
    "table-too-long": .misplaced(file: at("table-too-long"), part: "frame table", offset: 464),
    "trailer-reserved": .notZero(file: at("trailer-reserved"), part: "trailer", offset: 1811),
    "zstd-behind": .frameContent(
      file: at("zstd-behind"), frame: 3, offset: 196, problem: "not exactly one zstd frame"),
    "zstd-broken": .frameContent(
      file: at("zstd-broken"), frame: 3, offset: 196, problem: InvalidVectors.anyProblem),
    "zstd-cut": .frameContent(
      file: at("zstd-cut"), frame: 3, offset: 196, problem: "not exactly one zstd frame"),
    "zstd-garbage": .frameContent(
      file: at("zstd-garbage"), frame: 3, offset: 196, problem: "not a zstd frame of 128 bytes"),
    "zstd-size": .frameContent(
      file: at("zstd-size"), frame: 3, offset: 196, problem: "not a zstd frame of 128 bytes"),
    "zstd-skippable": .frameContent(
      file: at("zstd-skippable"), frame: 3, offset: 196, problem: "not exactly one zstd frame"),
    "zstd-two": .frameContent(
      file: at("zstd-two"), frame: 3, offset: 196, problem: "not exactly one zstd frame"),
    "zstd-unsized": .frameContent(
      file: at("zstd-unsized"), frame: 3, offset: 196, problem: "not a zstd frame of 128 bytes"),
  ]
}
