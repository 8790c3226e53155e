#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes grids.safetensors: weights, and what NVIDIA's ModelOpt and compressed-tensors make of them.

    generate.py        needs torch, safetensors, nvidia-modelopt 0.47.0 and compressed-tensors 0.20.0

For each case CASE.weights, and for each scheme CASE.SCHEME.codes and .scales, U8 as they are stored (an F32 or
BF16 scale as its bytes), and CASE.SCHEME.tensor_scale. SCHEME is nvfp4 (ModelOpt's), nvfp4-divided
(compressed-tensors'), mxfp4 and fp8 (compressed-tensors').
"""

from pathlib import Path

import torch
from compressed_tensors.compressors.mxfp4.base import MXFP4PackedCompressor
from compressed_tensors.compressors.nvfp4.base import NVFP4PackedCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from compressed_tensors.quantization.lifecycle.forward import quantize
from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam
from modelopt.torch.quantization.qtensor.nvfp4_tensor import NVFP4QTensor
from safetensors.torch import save_file


def raw(tensor):
    return tensor.contiguous().flatten().view(torch.uint8)


def compressed(weights, compressor, group, **options):
    args = QuantizationArgs(num_bits=4, type="float", symmetric=True, group_size=group, **options)
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    groups = weights.unflatten(-1, (-1, group))
    whole = generate_gparam(weights.min(), weights.max()) if group == 16 else None
    scales, _ = calculate_qparams(groups.amin(-1), groups.amax(-1), args, global_scale=whole)
    state = {"weight": weights, "weight_scale": scales}
    if whole is not None:
        state["weight_global_scale"] = whole
    state = compressor.compress(state, scheme)
    return raw(state["weight_packed"]), raw(state["weight_scale"]), whole


def main():
    torch.manual_seed(20261124)
    cases = {}
    for name, dtype in [("bf16", torch.bfloat16), ("f16", torch.float16), ("f32", torch.float32)]:
        weights = torch.randn(12, 96) * torch.logspace(-3, 1, 12).unsqueeze(1)
        weights[0, :32] = 0
        weights[1] = 0
        weights[2, :16] = torch.tensor([6, -5, 3.5, 2.5, -1.75, 1.25, 0.75, -0.25, 0.25, 7, -6.5, 5, 1e-7, -1e-7, -0.0, 0])
        cases[name] = weights.to(dtype)
    arrays = {}
    for name, weights in cases.items():
        arrays[f"{name}.weights"] = weights

        def add(scheme, codes, scales, whole=None):
            arrays[f"{name}.{scheme}.codes"], arrays[f"{name}.{scheme}.scales"] = codes, scales
            if whole is not None:
                arrays[f"{name}.{scheme}.tensor_scale"] = whole.float().reshape(1)

        packed, scales, whole = NVFP4QTensor.quantize(weights.clone(), 16)
        add("nvfp4", raw(packed._quantized_data), raw(scales), whole)
        if name != "f16":  # Its number of the tensor overflows in this type.
            add("nvfp4-divided", *compressed(weights, NVFP4PackedCompressor, 16, strategy="tensor_group", scale_dtype=torch.float8_e4m3fn))
        # In F16 the scales of small blocks would become 0.
        wide = weights.float() if name == "f16" else weights
        add("mxfp4", *compressed(wide, MXFP4PackedCompressor, 32, strategy="group", scale_dtype=torch.uint8)[:2])
        args = QuantizationArgs(num_bits=8, type="float", strategy="channel", symmetric=True)
        scales, _ = calculate_qparams(weights.amin(-1, True), weights.amax(-1, True), args)
        # In float32, as on a GPU; in bf16 quotients would be rounded twice.
        codes = quantize(weights.float(), scales.float(), None, args, dtype=torch.float8_e4m3fn)
        add("fp8", raw(codes), raw(scales))
    save_file({k: v.contiguous() for k, v in arrays.items()}, Path(__file__).parent / "grids.safetensors")


if __name__ == "__main__":
    main()
