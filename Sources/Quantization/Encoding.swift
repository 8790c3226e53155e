// SPDX-License-Identifier: Apache-2.0

/// How stored numbers become weights: the small language that every scheme is said in.
///
/// A reader needs nothing else. It takes the numbers of one component and applies the steps in order,
/// each in fp32 with its own rounding; the operand of a step is an encoding itself, so scales may be
/// quantized too. See `formats/encodings.md`, "The decoding rule".
package struct Encoding: Codable, Equatable, Sendable {
  /// Index of the component that holds the numbers.
  package var component: Int
  /// Width of a packed number in bits where it is not the element's own; 1 to 7, in a U8 component.
  package var bits: Int?
  /// Which end of a byte packed numbers fill first.
  package var order: BitOrder?
  /// What is done to the numbers, in order; nothing if absent.
  package var steps: [Step]?

  enum CodingKeys: String, CodingKey, CaseIterable { case component, bits, order, steps }

  package enum BitOrder: String, Codable, Sendable {
    /// The first number in the most significant bits.
    case high
    /// The first number in the least significant bits.
    case low
  }

  /// One operation on every number, with operand number `i / block` (number 0 without a block).
  package struct Step: Codable, Equatable, Sendable {
    package var operation: Operation
    package var operand: Encoding
    /// How many consecutive weights share one operand; absent: all.
    package var block: Int?

    package init(_ operation: Operation, _ operand: Encoding, block: Int? = nil) {
      self.operation = operation
      self.operand = operand
      self.block = block
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case operation = "op"
      case operand = "with"
      case block
    }
  }

  package enum Operation: String, Codable, Sendable {
    /// The number, a whole one, is an index into the operand's codebook.
    case lookup
    case subtract
    case multiply
    case divide
    case add
  }

  package init(
    component: Int, bits: Int? = nil, order: BitOrder? = nil, steps: [Step]? = nil
  ) {
    self.component = component
    self.bits = bits
    self.order = order
    self.steps = steps
  }

  /// The same encoding with every component index replaced.
  package func mapComponents(_ transform: (Int) -> Int) -> Encoding {
    var copy = self
    copy.component = transform(component)
    copy.steps = steps?.map { step in
      Step(step.operation, step.operand.mapComponents(transform), block: step.block)
    }
    return copy
  }

  /// The components that are stored for one tensor alone.
  ///
  /// The others are constants, the same for every tensor of a scheme: codebooks that serve all
  /// numbers, and operands that all weights meet. What a tensor's scales are made of is its own, also
  /// the one number that all of its scales meet.
  package var ownComponents: Set<Int> { ownComponents(isOperand: false) }

  private func ownComponents(isOperand: Bool) -> Set<Int> {
    (steps ?? []).reduce(into: [component]) { found, step in
      let isConstant = step.block == nil && (step.operation == .lookup || !isOperand)
      if !isConstant { found.formUnion(step.operand.ownComponents(isOperand: true)) }
    }
  }
}
