#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes blocks.gguf: random blocks of every type, and beside each the weights that gguf-py makes of
them. Needs gguf 0.19.0 and numpy.

    generate.py [FOLDER]

For each type there is a tensor of its name, 3 rows of 512 weights, and a tensor NAME.weights, F32.
All bytes are random but those that could make a scale NaN or infinite: the halves are finite, and the
scales of MXFP4 are around 1.
"""

import sys
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T

ROWS, COLUMNS, SEED = 3, 512, 20261124
# Where the half-precision numbers of a block are.
HALVES = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0], T.Q2_K: [80, 82],
    T.Q3_K: [108], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208], T.IQ4_NL: [0], T.IQ4_XS: [0],
    T.TQ1_0: [52], T.TQ2_0: [64], T.MXFP4: [], T.NVFP4: [],
}


def blocks(type, random):
    size, length = gguf.GGML_QUANT_SIZES[type]
    count = ROWS * COLUMNS // size
    data = random.integers(0, 256, (count, length), dtype=np.uint8)
    for place in HALVES[type]:
        numbers = random.normal(0, 0.02, count).astype(np.float16)
        data[:, place:place + 2] = numbers.view(np.uint8).reshape(count, 2)
    if type == T.MXFP4:
        data[:, 0] = random.integers(110, 130, count)
        data[:2, 0] = [0, 1]  # the two subnormal powers
    return data.reshape(ROWS, -1)


def main(folder):
    random = np.random.default_rng(SEED)
    writer = gguf.GGUFWriter(Path(folder) / "blocks.gguf", "none")
    for type in HALVES:
        data = blocks(type, random)
        name = type.name.lower()
        weights = gguf.quants.dequantize(data, type).astype(np.float32)
        assert np.isfinite(weights).all() and weights.shape == (ROWS, COLUMNS)
        writer.add_tensor(name, data, raw_dtype=type)
        writer.add_tensor(f"{name}.weights", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
