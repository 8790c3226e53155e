#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes models/: the tiny Llama of ../bitsandbytes/models/source as others store it in few bits.

    generate_models.py      needs torch, transformers, accelerate, safetensors, nvidia-modelopt 0.47.0 and
                            compressed-tensors 0.20.0

modelopt-*: ModelOpt's own export on a CPU. compressed-*: the arrays that compressed-tensors' compressors compute,
with a configuration that its classes write. In each, restored.safetensors holds the weights of some layers in F32 as
torch restores them.
"""

import json
import shutil
import warnings
from pathlib import Path

import modelopt.torch.quantization as mtq
import torch
import transformers
from compressed_tensors.compressors.base import BaseCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationConfig, QuantizationScheme
from compressed_tensors.quantization.lifecycle.forward import quantize
from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam
from modelopt.torch.export import export_hf_checkpoint
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent / "models"
SOURCE = HERE.parents[1] / "bitsandbytes/models/source"
E2M1 = torch.tensor([0, .5, 1, 1.5, 2, 3, 4, 6, -0., -.5, -1, -1.5, -2, -3, -4, -6])
INT4 = {**mtq.INT4_BLOCKWISE_WEIGHT_ONLY_CFG}


def unpacked(codes):
    return torch.stack([codes & 15, codes >> 4], -1).flatten(1).long()


def restored(stored, module):
    layer = {k[len(module) + 1:]: v for k, v in stored.items() if k.startswith(module + ".")}
    codes, scale = layer.get("weight_packed", layer.get("weight")), layer["weight_scale"]
    if codes.dtype == torch.float8_e4m3fn:
        if scale.numel() == codes.shape[0]:
            return codes.float() * scale.float().reshape(-1, 1)
        if scale.numel() == 1:
            return codes.float() * scale.float()
        rows, columns = codes.shape
        scale = scale.squeeze().reshape(-(-rows // 128), -(-columns // 128))
        return codes.float() * scale.repeat_interleave(128, 0)[:rows].repeat_interleave(128, 1)[:, :columns]
    if codes.dtype == torch.int8:
        return codes.float() * scale[:, None]
    if scale.dtype == torch.float8_e4m3fn:
        scale = scale.float() * layer["weight_scale_2"] if "weight_scale_2" in layer else \
            scale.float() / layer["weight_global_scale"]
        return E2M1[unpacked(codes)] * scale.repeat_interleave(16, 1)
    if scale.dtype == torch.uint8:
        return E2M1[unpacked(codes)] * torch.exp2(scale.float() - 127).repeat_interleave(32, 1)
    signed = torch.stack([codes & 15, codes >> 4], 1).flatten(0, 1).to(torch.int16)
    signed = torch.where(signed > 7, signed - 16, signed).float()
    return signed * scale.float().repeat_interleave(signed.shape[1] // scale.shape[1], 1)


def finish(target, stored):
    modules = sorted(k.removesuffix(".weight_scale") for k in stored if k.endswith(".weight_scale"))
    picked = [modules[0], modules[-1]]
    save_file({f"{m}.weight": restored(stored, m).contiguous() for m in picked}, target / "restored.safetensors")
    print(target.name, len(modules), {m: tuple(restored(stored, m).shape) for m in picked})


def modelopt(name, config):
    torch.manual_seed(1)
    target = HERE / f"modelopt-{name}"
    model = transformers.AutoModelForCausalLM.from_pretrained(SOURCE, dtype="auto")
    ids = torch.randint(3, model.config.vocab_size, (1, 32))
    export_hf_checkpoint(mtq.quantize(model, config, forward_loop=lambda it: it(ids)), export_dir=target)
    (target / "generation_config.json").unlink(missing_ok=True)
    finish(target, load_file(target / "model.safetensors"))


def compressed(name, form, args, inputs=None):
    target = HERE / f"compressed-{name}"
    target.mkdir(parents=True)
    stored = {}
    for key, weight in load_file(SOURCE / "model.safetensors").items():
        if "_proj" not in key:
            stored[key] = weight
            continue
        module, whole = key.removesuffix(".weight"), None
        if args.num_bits == 8:
            scales, _ = calculate_qparams(weight.amin(-1, True), weight.amax(-1, True), args)
            state = {"weight": quantize(weight.float(), scales.float(), None, args, dtype=torch.float8_e4m3fn), "weight_scale": scales}
        else:
            if args.group_size == 16:
                whole = generate_gparam(weight.min(), weight.max())
            groups = weight.unflatten(-1, (-1, args.group_size))
            scales, _ = calculate_qparams(groups.amin(-1), groups.amax(-1), args, global_scale=whole)
            state = {"weight": weight, "weight_scale": scales} | ({} if whole is None else {"weight_global_scale": whole})
            state = BaseCompressor.get_value_from_registry(form).compress(
                state, QuantizationScheme(targets=["Linear"], weights=args))
        stored |= {f"{module}.{k}": v.contiguous() for k, v in state.items() if v is not None}
    group = QuantizationScheme(targets=["Linear"], weights=args, format=form, input_activations=inputs)
    config = QuantizationConfig(config_groups={"group_0": group}, format=form, quant_method="compressed-tensors",
                                quantization_status="compressed", ignore=["lm_head"])
    save_file(stored, target / "model.safetensors", {"format": "pt"})
    about = json.loads((SOURCE / "config.json").read_text())
    about["quantization_config"] = json.loads(config.model_dump_json(exclude_none=True))
    (target / "config.json").write_text(json.dumps(about, indent=2) + "\n")
    finish(target, stored)


def main():
    warnings.filterwarnings("ignore")
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    modelopt("fp8", mtq.FP8_PER_CHANNEL_PER_TOKEN_CFG)
    modelopt("fp8-tensor", mtq.FP8_DEFAULT_CFG)
    modelopt("fp8-blocks", mtq.FP8_2D_BLOCKWISE_WEIGHT_ONLY_CFG)
    modelopt("nvfp4", mtq.W4A16_NVFP4_CFG)
    modelopt("int8", mtq.INT8_WEIGHT_ONLY_CFG)
    args = {"num_bits": 8, "type": "float", "symmetric": True}
    compressed("fp8", "float-quantized", QuantizationArgs(**args, strategy="channel"),
               QuantizationArgs(**args, strategy="token", dynamic=True))
    args["num_bits"] = 4
    compressed("nvfp4", "nvfp4-pack-quantized",
               QuantizationArgs(**args, strategy="tensor_group", group_size=16, scale_dtype=torch.float8_e4m3fn))
    compressed("mxfp4", "mxfp4-pack-quantized",
               QuantizationArgs(**args, strategy="group", group_size=32, scale_dtype=torch.uint8))


if __name__ == "__main__":
    main()
