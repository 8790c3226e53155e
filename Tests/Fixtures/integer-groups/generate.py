#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes folders with two linear layers as compressed-tensors and GPTQModel pack them, and what they restore.

    generate.py compressed-tensors      with compressed-tensors==0.20.0
    generate.py gptqmodel               with gptqmodel==7.7.0

Both need torch and safetensors. Each folder has `config.json`, `model.safetensors` and `restored.safetensors`,
the weights as the library restores them from the packed arrays. `source` has the weights themselves, bf16.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
LAYERS = {"model.layers.0.mlp.up_proj": (64, 96), "model.layers.0.self_attn.o_proj": (32, 64)}


def source():
    folder = HERE / "source"
    if not (folder / "model.safetensors").exists():
        torch.manual_seed(11)
        weights = {f"{name}.weight": (torch.randn(shape) * 0.1).bfloat16()
                   for name, shape in LAYERS.items()}
        # A group of zeros, and one with a single sign.
        weights["model.layers.0.mlp.up_proj.weight"][3, 32:64] = 0
        weights["model.layers.0.mlp.up_proj.weight"][4, :32].abs_()
        write("source", weights | {"norm.weight": torch.ones(4).bfloat16()}, None)
    return {name: load_file(folder / "model.safetensors")[f"{name}.weight"] for name in LAYERS}


def write(name, arrays, quantization, restored=None):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    config = {"model_type": "llama", "dtype": "bfloat16"}
    if quantization:
        config["quantization_config"] = quantization
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    save_file({k: v.contiguous() for k, v in arrays.items()}, folder / "model.safetensors")
    if restored:
        save_file({f"{k}.weight": v.contiguous() for k, v in restored.items()},
                  folder / "restored.safetensors")


def compressed_tensors():
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.quantization import QuantizationArgs, QuantizationConfig, QuantizationScheme
    from compressed_tensors.quantization.utils import calculate_qparams

    for name, bits, group, symmetric in [
            ("ct-w4a16", 4, 32, True), ("ct-w8a16-row", 8, None, True), ("ct-w3a16", 3, 32, True),
            ("ct-w4a16-asym", 4, 32, False)]:
        args = QuantizationArgs(num_bits=bits, type="int", symmetric=symmetric, group_size=group,
                                strategy="group" if group else "channel")
        scheme = QuantizationScheme(targets=["Linear"], weights=args)
        compressor = BaseCompressor.get_value_from_registry("pack-quantized")
        arrays, restored = {}, {}
        for layer, weight in source().items():
            groups = weight.unflatten(1, (-1, group or weight.shape[1]))
            scale, zero = calculate_qparams(groups.amin(-1), groups.amax(-1), args)
            state = compressor.compress(
                {"weight": weight, "weight_scale": scale, "weight_zero_point": zero.to(torch.int8)},
                scheme)
            arrays |= {f"{layer}.{key}": value for key, value in state.items()}
            restored[layer] = compressor.decompress(state, scheme)["weight"]
        config = QuantizationConfig(
            config_groups={"group_0": scheme}, format="pack-quantized", ignore=["lm_head"],
            quantization_status="compressed")
        write(name, arrays, json.loads(config.model_dump_json()), restored)


def gptqmodel():
    import copy

    from gptqmodel.nn_modules.qlinear.torch import TorchLinear
    from gptqmodel.quantization.awq.utils.packing_utils import dequantize_gemm, pack_awq_columns
    from gptqmodel.quantization.config import QuantizeConfig
    from gptqmodel.quantization.quantizer import Quantizer
    from gptqmodel.utils.model import convert_gptq_v2_to_v1_format_module

    for name, bits, symmetric, version, ordered in [
            ("gptq-w4a16", 4, True, "gptq", False), ("gptq-w8a16", 8, True, "gptq", False),
            ("gptq-v2-asym", 4, False, "gptq_v2", False), ("gptq-act-order", 4, True, "gptq", True),
            ("gptq-v2-act-order-asym", 4, False, "gptq_v2", True)]:
        arrays, restored = {}, {}
        for layer, weight in source().items():
            rows, columns = weight.shape
            groups = columns // 32
            order = torch.randperm(columns) if ordered else torch.arange(columns)
            g_idx = torch.empty(columns, dtype=torch.int32)
            g_idx[order] = (torch.arange(columns) // 32).int()
            quantizer = Quantizer(QuantizeConfig(bits=bits, group_size=32, sym=symmetric))
            quantizer.configure(perchannel=True)
            quantizer.find_params(
                weight.float()[:, order].unflatten(1, (-1, 32)).flatten(0, 1), weight=True)
            scale, zero = (t.reshape(rows, groups) for t in (quantizer.scale, quantizer.zero))
            linear = torch.nn.Linear(columns, rows, bias=False)
            linear.weight.data = weight.float()
            packed = TorchLinear(bits=bits, group_size=32, sym=symmetric, desc_act=ordered,
                                 in_features=columns, out_features=rows)
            packed.pack_original(linear, scale, zero.clamp(0, 2 ** bits - 1), g_idx)
            packed.post_init()
            restored[layer] = packed.dequantize_weight().T
            stored = copy.deepcopy(packed)
            if version == "gptq":
                convert_gptq_v2_to_v1_format_module(stored, QuantizeConfig(bits=bits, group_size=32))
            arrays |= {f"{layer}.{key}": getattr(stored, key)
                       for key in ("qweight", "qzeros", "scales", "g_idx")}
        write(name, arrays, {
            "quant_method": "gptq", "bits": bits, "group_size": 32, "desc_act": ordered,
            "sym": symmetric, "lm_head": False, "checkpoint_format": version}, restored)

    arrays, restored = {}, {}
    for layer, weight in source().items():
        groups = weight.float().unflatten(1, (-1, 32))
        low, high = groups.amin(-1), groups.amax(-1)
        scale = ((high - low).clamp(min=1e-5) / 15).half()
        zero = (-(low / scale).round()).clamp(0, 15)
        codes = ((groups / scale.float()[..., None]).round() + zero[..., None]).clamp(0, 15)
        order = [0, 2, 4, 6, 1, 3, 5, 7]
        qweight = pack_awq_columns(codes.flatten(1).T.contiguous().int(), 4, order)
        qzeros = pack_awq_columns(zero.T.contiguous().int(), 4, order)
        scales = scale.T.contiguous()
        arrays |= {f"{layer}.qweight": qweight, f"{layer}.qzeros": qzeros, f"{layer}.scales": scales}
        restored[layer] = dequantize_gemm(qweight, qzeros, scales, 4, 32).T
    write("awq", arrays, {"quant_method": "awq", "bits": 4, "group_size": 32, "zero_point": True,
                          "version": "gemm", "modules_to_not_convert": ["lm_head"]}, restored)


if __name__ == "__main__":
    torch.manual_seed(5)
    {"compressed-tensors": compressed_tensors, "gptqmodel": gptqmodel}[sys.argv[1]]()
