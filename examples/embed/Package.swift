// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
  name: "embed",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "halftone", path: "../..")],
  targets: [
    .executableTarget(
      name: "embed", dependencies: [.product(name: "Halftone", package: "halftone")])
  ]
)
