// SPDX-License-Identifier: Apache-2.0

/// The part of a layer that works on each position alone.
indirect enum FeedForward: Sendable {
  /// `down(gating(gate(x), up(x)))`
  case gated(gate: Projection, up: Projection, down: Projection, gating: Gating)
  /// `down(activation(up(x)))`
  case plain(up: Projection, down: Projection, activation: Activation)
  /// The weighted sum of a few parts that a router chooses for each position.
  case sparse(Experts)
}

/// A nonlinearity of one number.
enum Activation: Sendable {
  /// `x / (1 + exp(-x))`
  case silu
  /// `x / 2 * (1 + erf(x / sqrt(2)))`
  case gelu
  /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`
  case geluTanh
  /// The same in separate operations, each of which is rounded.
  case geluTanhSteps(GELUSteps)
  /// `max(x, 0)`
  case relu
}

/// How the operations of a GELU by the hyperbolic tangent are put together.
enum GELUSteps: Sendable {
  /// `(x / 2) * (1 + tanh(c * (x + 0.044715 * x^3)))`
  case cubed
  /// `(x / 2) * (1 + tanh((c * x) * (1 + (0.044715 * x) * x)))`
  case factored
}

/// How a gate and what it lets through become one number.
enum Gating: Sendable {
  /// `activation(gate) * up`
  case product(Activation)
  /// `gate / (1 + exp(-slope * gate)) * (up + 1)`, where the gate is at most `limit` and what it
  /// lets through within `-limit ... limit`.
  case clamped(slope: Float, limit: Float)
}
