#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes groups.safetensors with the real mx.quantize on a CPU.

    python generate.py          needs mlx[cpu]==0.32.4 and numpy

SOURCE.DTYPE are weights, SOURCE.DTYPE.affineBITS.GROUP.{codes,scales,biases} and
SOURCE.DTYPE.mxfp4.{codes,scales} what MLX makes of them.
"""

from pathlib import Path

import mlx.core as mx
import numpy as np

folder = Path(__file__).resolve().parent
mx.set_default_device(mx.cpu)
random = np.random.default_rng(20261124)

normal = random.normal(0, 0.05, (4, 128)).astype(np.float32)
# One row each: zeros with an outlier, one constant, only positive, only negative, below the smallest step,
# far apart, a single subnormal among zeros, and halves of steps.
special = np.zeros((8, 128), np.float32)
special[0, 40], special[0, 80] = 3, -3
special[1] = 5.25
special[2] = 1 + np.abs(random.normal(0, 1, 128))
special[3] = -1 - np.abs(random.normal(0, 1, 128))
special[4] = random.normal(0, 1e-8, 128)
special[5] = random.normal(0, 1, 128) * np.exp2(random.integers(-12, 12, 128))
special[6, 64] = 3e-8
special[7] = random.integers(-15, 16, 128) * 0.125

arrays = {}
for source, weights in (("normal", normal), ("special", special)):
    for name, dtype in (("f32", mx.float32), ("bf16", mx.bfloat16), ("f16", mx.float16)):
        w = mx.array(weights).astype(dtype)
        arrays[f"{source}.{name}"] = w
        for bits in (2, 3, 4, 5, 6, 8):
            for group in (32, 64, 128):
                codes, scales, biases = mx.quantize(w, group_size=group, bits=bits)
                case = f"{source}.{name}.affine{bits}.{group}"
                arrays |= {f"{case}.codes": codes, f"{case}.scales": scales, f"{case}.biases": biases}
        codes, scales = mx.quantize(w, group_size=32, bits=4, mode="mxfp4")
        arrays |= {f"{source}.{name}.mxfp4.codes": codes, f"{source}.{name}.mxfp4.scales": scales}
mx.save_safetensors(str(folder / "groups.safetensors"), arrays, metadata={"format": "mlx"})
