// SPDX-License-Identifier: Apache-2.0

// A description and its element type are part of this library's interface.
@_exported import enum Tensors.ElementType
@_exported import struct Tensors.TensorDescription
