# SPDX-License-Identifier: Apache-2.0
"""What bitsandbytes' CUDA kernels compute, where that differs from its CPU backend.

Emulated in numpy float32 from a reading of the kernels, never run on a GPU. The one thing that is
not determined is the reciprocal of the block maximum, which the GPU approximates to about one unit
in the last place; here it is the correctly rounded one, and `reciprocal_sensitivity` counts the
codes that another choice would change.
"""

import numpy as np

f32 = np.float32


def bits(*words):
    return np.array(words, dtype=np.uint32).view(f32)


# A code is the number of thresholds that lie strictly below y, so a tie goes to the lower value.
NF4_THRESHOLDS = bits(
    0xBF591CD8, 0xBF1C5270, 0xBEEB8480, 0xBEADEA76, 0xBE703CEC, 0xBE0D38BC, 0xBD3A7871, 0x3D22FAFF,
    0x3DF64862, 0x3E5067E0, 0x3E9582D4, 0x3EC753F9, 0x3F006D04, 0x3F248DAF, 0x3F5C89DA)

# The decimal literals of the kernel as float32, ascending; a tie goes to the lower magnitude.
FP4_THRESHOLDS = bits(
    0x3B2AAAB9, 0x3DB00000, 0x3E555555, 0x3E955555, 0x3ED55556, 0x3F155550, 0x3F555555)
FP4_MAGNITUDE_CODES = np.array([0, 1, 6, 7, 4, 5, 2, 3], dtype=np.uint8)


def nf4_codes(y):
    # Comparisons with NaN are false, so NaN becomes code 0.
    return sum((y > t).astype(np.uint8) for t in NF4_THRESHOLDS)


def fp4_codes(y):
    steps = sum((np.abs(y) > t).astype(np.uint8) for t in FP4_THRESHOLDS)
    return FP4_MAGNITUDE_CODES[steps] | np.where(y < 0, 8, 0).astype(np.uint8)


def nearest_codes(y, codebook):
    """The 8-bit search: seven halving steps from entry 127, then one comparison with a midpoint.

    The search always stops at an even entry, so an exact midpoint goes to the even neighbour.
    """
    pivot = np.full(y.shape, 127)
    lower, upper = np.zeros(y.shape, int), np.full(y.shape, 255)
    for step in (64, 32, 16, 8, 4, 2, 1):
        above = y > codebook[pivot]
        lower = np.where(above, pivot, lower)
        upper = np.where(above, upper, pivot)
        pivot = np.where(above, pivot + step, pivot - step)
    above = y > codebook[pivot]
    half = f32(0.5)
    to_upper = above & (y > (codebook[upper] + codebook[pivot]) * half)
    to_lower = ~above & (y < (codebook[lower] + codebook[pivot]) * half)
    return np.where(to_upper, upper, np.where(to_lower, lower, pivot)).astype(np.uint8)


def blocks(values, size):
    """[blocks, size], the last block padded with zeros, as the kernel loads it."""
    flat = values.reshape(-1).astype(f32)
    padded = np.zeros(-(-flat.size // size) * size, f32)
    padded[: flat.size] = flat
    return padded.reshape(-1, size)


def scaled(values, size, reciprocal_shift=0):
    """Block maxima, and the values as multiples of them (NaN throughout a block of zeros)."""
    table = blocks(values, size)
    maxima = np.abs(table).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reciprocal = f32(1) / maxima
        for _ in range(abs(reciprocal_shift)):
            towards = f32(np.inf) if reciprocal_shift > 0 else f32(0)
            finite = np.isfinite(reciprocal)
            reciprocal = np.where(finite, np.nextafter(reciprocal, towards), reciprocal)
        y = (table * reciprocal[:, None]).astype(f32)
    return maxima, y


def pack(codes, count):
    """Two codes to a byte, the first in the high half, [ceil(count / 2), 1]."""
    flat = codes.reshape(-1)[: count + count % 2]
    return ((flat[0::2] << 4) | flat[1::2]).astype(np.uint8).reshape(-1, 1)


def quantize_4bit(values, size, encode, reciprocal_shift=0):
    """Packed codes and block maxima. An odd count is filled up with the code of a zero."""
    maxima, y = scaled(values, size, reciprocal_shift)
    codes = encode(y).reshape(-1)
    if values.size % 2 and values.size == codes.size:
        codes = np.append(codes, encode(np.zeros(1, f32)))
    return pack(codes, values.size), maxima


def reciprocal_sensitivity(values, size, encode):
    """How many bytes change when every reciprocal is one unit in the last place up or down."""
    exact, _ = quantize_4bit(values, size, encode)
    return max(
        int((quantize_4bit(values, size, encode, shift)[0] != exact).sum()) for shift in (-1, 1))


def quantize_scales(maxima, codebook):
    """Codes, second-level maxima and offset of the second quantization, in groups of 256.

    The offset is the float64 mean rounded to float32; a GPU sums in another order and may be a unit
    in the last place away from it.
    """
    offset = f32(maxima.astype(np.float64).mean())
    second, y = scaled((maxima - offset).astype(f32), 256)
    return nearest_codes(y.reshape(-1)[: maxima.size], codebook), second, offset
