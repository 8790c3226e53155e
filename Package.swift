// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// What every Swift target of ours is held to.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A test target named after the module that it tests.
func tests(of module: String, needing dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(module)Tests",
    dependencies: [.target(name: module), "TestSupport"] + dependencies,
    swiftSettings: strict)
}

let package = Package(
  name: "halftone",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Halftone", targets: ["Halftone"]),
    .executable(name: "halftone", targets: ["HalftoneCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    // MARK: - Foundations

    .target(
      name: "CKernels",
      cSettings: [.define("_GNU_SOURCE", .when(platforms: [.linux]))],
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .target(name: "Tensors", dependencies: ["CKernels"], swiftSettings: strict),

    // MARK: - 1 Read

    .target(name: "Checkpoints", dependencies: ["Tensors"], swiftSettings: strict),

    // MARK: - 2 Quantize

    .target(
      name: "Quantization",
      dependencies: ["Tensors", "CKernels", .product(name: "Yams", package: "Yams")],
      swiftSettings: strict),

    // MARK: - 3 Write

    .target(
      name: "Container", dependencies: ["Tensors", "Quantization", "CZstd"], swiftSettings: strict),
    .target(
      name: "Runtimes",
      dependencies: ["Tensors", "Checkpoints", "Quantization", "Tokenization", "CKernels"],
      swiftSettings: strict),
    .target(
      name: "Conversion",
      dependencies: [
        "Tensors", "Checkpoints", "Quantization", "Container", "Runtimes",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),

    // MARK: - 4 Run and verify

    .target(name: "Tokenization", dependencies: ["Tensors"], swiftSettings: strict),
    .target(
      name: "Inference", dependencies: ["Tensors", "Quantization", "CKernels", "COpenBLAS"],
      swiftSettings: strict),
    .target(
      name: "Verification",
      dependencies: [
        "Tensors", "Quantization", "Inference", "Tokenization", "CKernels",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      swiftSettings: strict),

    // MARK: - Products

    .target(
      name: "Halftone", dependencies: ["Tensors", "Conversion"], path: "Sources/HalftoneLibrary",
      swiftSettings: strict),
    .executableTarget(
      name: "HalftoneCommand",
      dependencies: [
        "Tensors", "Checkpoints", "Quantization", "Container", "Conversion", "Tokenization",
        "Inference", "Verification",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/halftone",
      swiftSettings: strict),

    // MARK: - Tests

    .target(
      name: "TestSupport", dependencies: ["Tensors"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .target(
      name: "ModelTestSupport",
      dependencies: ["TestSupport", "Tensors", "Checkpoints", "Quantization"],
      path: "Tests/ModelTestSupport", swiftSettings: strict),
    .target(name: "KernelComparison", dependencies: ["CKernels"], path: "Tests/KernelComparison"),
    .testTarget(
      name: "KernelTests",
      dependencies: ["CKernels", "KernelComparison", "Tensors", "TestSupport"],
      swiftSettings: strict),
    tests(of: "Tensors"),
    tests(of: "Checkpoints", needing: ["Tensors"]),
    tests(of: "Container", needing: ["Tensors", "Checkpoints", "Quantization", "Conversion"]),
    tests(
      of: "Runtimes",
      needing: [
        "CKernels", "Tensors", "Checkpoints", "Quantization", "Container", "Conversion",
        "Inference", "Tokenization", "ModelTestSupport",
      ]),
    tests(of: "Tokenization"),
    tests(
      of: "Inference",
      needing: [
        "Checkpoints", "Tensors", "Quantization", "Container", "Conversion", "ModelTestSupport",
      ]),
    tests(of: "Verification", needing: ["Inference", "Quantization", "Tensors"]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Tensors", "Quantization", "Container", "Conversion", "Tokenization", "Inference",
        "Verification", "TestSupport",
      ],
      swiftSettings: strict),
    tests(
      of: "Quantization",
      needing: ["Tensors", "ModelTestSupport", .product(name: "Crypto", package: "swift-crypto")]),
    tests(
      of: "Conversion",
      needing: [
        "Tensors", "Checkpoints", "Quantization", "Container", "ModelTestSupport",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "HalftoneCommand", "TestSupport", "ModelTestSupport", "Tensors", "Checkpoints",
      ],
      swiftSettings: strict),
  ],
  cLanguageStandard: .c17
)
