# SPDX-License-Identifier: Apache-2.0
"""The floating-point grids of formats/encodings.md in numpy, straight from its rules; generate.py uses them."""
import numpy as np

F = np.float32
MAGNITUDES = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6], F)
E2M1 = np.concatenate([MAGNITUDES, -MAGNITUDES])
E4M3 = np.array([(c % 8 / 8 + (c >= 8)) * 2.0**(max(c // 8, 1) - 7) for c in range(127)], F)


def nearest(magnitudes, grid):
    """The place in an ascending grid of the nearest number, halfway the even place; beyond the last, the last."""
    points = (grid[1:].astype(np.float64) + grid[:-1]) / 2
    low, high = np.searchsorted(points, magnitudes, "left"), np.searchsorted(points, magnitudes, "right")
    return np.where(low % 2 == 0, low, high).astype(np.uint8)


def e4m3_codes(numbers):
    return nearest(np.abs(numbers), E4M3) | np.signbit(numbers).astype(np.uint8) << 7


def e2m1_codes(numbers):
    return nearest(np.abs(numbers), MAGNITUDES) | (numbers < 0).astype(np.uint8) << 3


def largest(weights, block):
    return np.abs(weights).reshape(-1, block).max(axis=1).astype(F)


def divided(weights, scales, block):
    return (weights.ravel() / np.repeat(scales, block)).astype(F)


def fp8(weights, rounded):
    """Codes, and a scale for each row, which `rounded` rounds to the type of the weights."""
    columns = weights.shape[-1]
    scales = rounded((largest(weights, columns) / F(448)).astype(F))
    scales = np.where(scales == 0, F(2**-7), scales)
    return e4m3_codes(divided(weights, scales, columns)), scales


def nvfp4(weights):
    """Codes, the codes of the scales, and the tensor's number."""
    whole = F(np.abs(weights).max() / F(2688))
    scales = (largest(weights, 16) / (F(6) * whole)).astype(F)
    scale_codes = e4m3_codes(np.where(scales == 0, F(1), np.clip(scales, F(2**-9), F(448))))
    return e2m1_codes(divided(weights, E4M3[scale_codes] * whole, 16)), scale_codes, np.array([whole], F)


def mxfp4(weights):
    """Codes, and the codes of the scales."""
    significands, exponents = np.frexp(largest(weights, 32))
    # frexp's significands are from 0.5 on, so an exponent is one more than it is called.
    codes = np.maximum(exponents - 1 + (significands >= 0.875) - 2 + 127, 0) * (significands > 0)
    return e2m1_codes(divided(weights, (2.0**(codes - 127)).astype(F), 32)), codes.astype(np.uint8)
