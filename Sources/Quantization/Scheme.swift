// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A way to encode a tensor, with its parameters.
///
/// To add one, write a file in `Schemes/` and name it in ``Schemes/all``.
package protocol Scheme: Sendable {
  /// The name by which a user asks for it, and which files carry as a label.
  var name: String { get }

  /// What will be stored for a tensor.
  ///
  /// - Throws: ``QuantizationError`` where the scheme can't hold such a tensor.
  func layout(for tensor: TensorDescription) throws -> TensorLayout

  /// What takes this scheme's place for a tensor that it can't hold, and why, in a few words; nil where
  /// it holds the tensor, or nothing takes its place.
  func standIn(for tensor: TensorDescription) throws -> (scheme: any Scheme, reason: String)?

  /// Something that turns the slabs of one tensor into the bytes of `layout`.
  func makeEncoder(for tensor: TensorDescription, layout: TensorLayout) -> any TensorEncoder
}

extension Scheme {
  package func standIn(
    for tensor: TensorDescription
  ) throws -> (scheme: any Scheme, reason: String)? { nil }
}

/// Turns one tensor, slab by slab, into bytes.
///
/// Slabs come from several threads at once.
package protocol TensorEncoder: Sendable {
  /// Looks at one slab, ahead of encoding; called where the layout ``TensorLayout/needsScan``.
  func scan(_ slab: Slab, scratch: Scratch) throws

  /// Ends the scan: the bytes of the `afterScan` components, in layout order.
  func finishScan() throws -> [[UInt8]]

  /// Encodes one slab into the first bytes of `outputs`, one for each `perSlab` component in layout
  /// order, and returns how much it lost.
  func encode(_ slab: Slab, into outputs: [UnsafeMutableRawBufferPointer], scratch: Scratch) throws
    -> ErrorStatistics
}

extension TensorEncoder {
  package func scan(_ slab: Slab, scratch: Scratch) throws {}
  package func finishScan() throws -> [[UInt8]] { [] }
}

/// What the user can say about a scheme.
package struct SchemeOptions: Sendable, Equatable {
  /// Weights per block; nil: the scheme's own default, or a row.
  package var blockSize: Int?
  /// Whether a block is a row, whatever its length.
  package var blocksAreRows: Bool
  /// Whether the scales are quantized too.
  package var doubleQuantization: Bool

  package init(
    blockSize: Int? = nil, blocksAreRows: Bool = false, doubleQuantization: Bool = false
  ) {
    self.blockSize = blockSize
    self.blocksAreRows = blocksAreRows
    self.doubleQuantization = doubleQuantization
  }
}

/// The schemes that exist.
package enum Schemes {
  /// Every scheme's name and how to make it; the order is that of the help text.
  static let all: [(name: String, make: @Sendable (SchemeOptions) throws -> any Scheme)] = [
    ("nf4", { try blocks(NF4(), $0) }),
    ("fp4", { try blocks(FP4(), $0) }),
    ("int8", { try blocks(Int8Blocks(), $0) }),
    ("int8-row", { try blocks(Int8Rows(), $0) }),
    ("int8-ct2", { try blocks(Int8CTranslate2(), $0) }),
    ("int4", { try blocks(Int4(), $0) }),
    ("w4a16", { try IntegerGroups(.fourBit, options: $0) }),
    ("w8a16", { try IntegerGroups(.eightBit, options: $0) }),
    ("w4a16-asym", { try IntegerGroups(.fourBitWithZeros, options: $0) }),
    ("fp8", { try FloatGridScheme(FP8Rows(), options: $0) }),
    ("nvfp4", { try FloatGridScheme(NVFP4(), options: $0) }),
    ("mxfp4", { try FloatGridScheme(MXFP4(), options: $0) }),
    ("mxfp4-mlx", { try FloatGridScheme(MXFP4MLX(), options: $0) }),
    ("affine2", { try Affine(bits: 2, options: $0) }),
    ("affine3", { try Affine(bits: 3, options: $0) }),
    ("affine4", { try Affine(bits: 4, options: $0) }),
    ("affine5", { try Affine(bits: 5, options: $0) }),
    ("affine6", { try Affine(bits: 6, options: $0) }),
    ("affine8", { try Affine(bits: 8, options: $0) }),
    ("f16", { try Cast(to: .f16, options: $0) }),
    ("bf16", { try Cast(to: .bf16, options: $0) }),
    ("f32", { try Cast(to: .f32, options: $0) }),
  ]

  /// The names, for help and messages.
  package static let names = all.map(\.name)

  /// The scheme of that name.
  ///
  /// - Throws: ``QuantizationError`` where there is none, or an option does not go with it.
  package static func scheme(named name: String, options: SchemeOptions = .init()) throws
    -> any Scheme
  {
    guard let entry = all.first(where: { $0.name == name }) else {
      throw QuantizationError.unknownScheme(name: name, known: names)
    }
    if options.blocksAreRows, !schemesWithRows.contains(name) {
      throw QuantizationError.blocksAreNoRows(scheme: name)
    }
    return try entry.make(options)
  }

  /// The schemes that take a row for a block where a user says so; of `int8-row` it is one anyway.
  private static let schemesWithRows: Set = ["w4a16", "w8a16", "w4a16-asym", "int8-row"]

  private static func blocks(_ codec: some BlockCodec, _ options: SchemeOptions) throws
    -> any Scheme
  {
    try BlockScheme(codec: codec, options: options)
  }
}
