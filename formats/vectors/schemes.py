# SPDX-License-Identifier: Apache-2.0
"""The schemes of formats/encodings.md in numpy, straight from its rules; generate.py uses them."""
import numpy as np

F = np.float32
NF4 = np.array([-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
                -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634,
                0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1], F)
FP4 = np.array([0, 0.0625, 8, 12, 4, 6, 2, 3], F) / F(12)
FP4 = np.concatenate([FP4, -FP4 + F(0)])
THRESHOLDS = np.array([0.00260417, 0.0859375, 0.20833333, 0.29166667, 0.4166667, 0.583333, 0.8333333], F)


def dynamic_map():
    """The signed dynamic map: for each power of ten, twice as many steps as for the one below."""
    values = [0.0, 1.0]
    for i in range(7):
        bounds = np.linspace(0.1, 1, 2**i + 1)
        means = 10.0**(i - 6) * (bounds[:-1] + bounds[1:]) / 2
        values += list(means) + list(-means)
    return np.sort(np.array(values, F))


def in_blocks(weights, block):
    """The flat weights as rows of one block each, the last one filled with zeros."""
    flat = np.ravel(weights)
    return np.concatenate([flat, np.zeros(-len(flat) % block, F)]).reshape(-1, block)


def absmax(weights, block):
    return np.abs(in_blocks(weights, block)).max(axis=1).astype(F)


def scaled(weights, block, times=F(1)):
    """weight × (1/a) for each block, each operation rounded to binary32; zero where a = 0."""
    a = absmax(weights, block)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(a > 0, F(1) / a * times, F(0)).astype(F)
    return (in_blocks(weights, block) * factor).astype(F).ravel()[:np.size(weights)]


def nf4_codes(weights, block):
    midpoints = ((NF4[1:].astype(np.float64) + NF4[:-1]) / 2).astype(F)
    return (scaled(weights, block)[:, None] > midpoints).sum(axis=1)


def fp4_codes(weights, block):
    y = scaled(weights, block)
    steps = (np.abs(y)[:, None] > THRESHOLDS).sum(axis=1)
    return np.array([0, 1, 6, 7, 4, 5, 2, 3])[steps] + 8 * (y < 0)


def int8_codes(weights, block):
    return np.rint(scaled(weights, block, F(127))).astype(np.int8)


def int8_ct2(weights):
    """Codes, and the scales by which weights were multiplied; the rows are those of a matrix."""
    largest = np.abs(weights).max(axis=1).astype(F)
    largest = np.maximum(np.where(largest == 0, F(127), largest), F(127) / np.finfo(F).max).astype(F)
    scales = (F(127) / largest).astype(F)
    return np.rint((weights * scales[:, None]).astype(F)).astype(np.int8), scales


def int4(weights, block):
    """Codes, scales and zero points; short blocks are of their own weights only, and zero is always in range."""
    rows = in_blocks(weights, block)
    low, high = np.minimum(0, rows.min(axis=1)).astype(F), np.maximum(0, rows.max(axis=1)).astype(F)
    scales = ((high - low) / F(15)).astype(F)
    with np.errstate(divide="ignore", invalid="ignore"):
        zeros = np.where(scales > 0, np.clip(np.rint(-low / scales), 0, 15), 0).astype(F)
        inverse = np.where(scales > 0, F(1) / scales, 0).astype(F)
    codes = np.clip(np.rint(rows * inverse[:, None]) + zeros[:, None], 0, 15).ravel()[:np.size(weights)]
    return codes.astype(np.uint8), scales, zeros.astype(np.uint8)


def double_quantized(scales):
    """Codes, group scales, offset and codebook of absolute maxima; and the scales that these restore."""
    codebook = dynamic_map()
    offset = F(scales.astype(np.float64).sum() / len(scales))
    deviations = (scales - offset).astype(F)
    groups = absmax(deviations, 256)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(groups > 0, F(1) / groups, F(0)).astype(F)
    y = (deviations * np.repeat(inverse, 256)[:len(scales)]).astype(F)
    codes = np.zeros(len(scales), np.uint8)
    for i, value in enumerate(y):
        distance = np.abs(codebook.astype(np.float64) - np.float64(value))
        best = np.flatnonzero(distance == distance.min())
        codes[i] = best[best % 2 == 0][0] if len(best) > 1 else best[0]
    codes[np.repeat(groups == 0, 256)[:len(scales)]] = 0
    restored = codebook[codes] * np.repeat(groups, 256)[:len(scales)] + offset
    return codes, groups, np.array([offset], F), codebook, restored.astype(F)
