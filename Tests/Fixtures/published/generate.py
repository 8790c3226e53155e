#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the checkpoints of this folder: families whose originals are published in few bits.

    generate.py                 needs torch, transformers and safetensors (2.13.0, 5.23.0, 0.8.0)

Each is a checkpoint of ../families with its weights encoded as the publisher encodes them, and the logits
of Transformers in float32 on exactly the weights that the files stand for. Where Transformers has code that
restores such weights, it must restore the same ones.
"""

import json
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.integrations.finegrained_fp8 import Fp8Dequantize
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

HERE = Path(__file__).resolve().parent
FAMILIES = HERE.parent / "families"
E4M3 = torch.float8_e4m3fn
# Small, so that these small matrices have several blocks, and some that are cut off at both edges.
BLOCK = (32, 16)
KEPT = ("embed_tokens", "lm_head", "norm", "mlp.gate.", "router", "sinks", "bias")


def is_linear(name, tensor):
    return tensor.ndim == 2 and name.endswith(".weight") and not any(word in name for word in KEPT)


def fp8_blocks(weight, block=BLOCK):
    """DeepSeek's encoding: codes, what each block is multiplied with, and the weights that they stand for."""
    w = weight.float()
    rows, columns = w.shape
    grid = [-(-rows // block[0]), -(-columns // block[1])]
    padded = torch.zeros(grid[0] * block[0], grid[1] * block[1])
    padded[:rows, :columns] = w
    largest = padded.reshape(grid[0], block[0], grid[1], block[1]).abs().amax(dim=(1, 3))
    scales = torch.where(largest > 0, largest / 448, torch.ones_like(largest))
    each = scales.repeat_interleave(block[0], 0).repeat_interleave(block[1], 1)[:rows, :columns]
    codes = (w / each).clamp(-448, 448).to(E4M3)
    restored = codes.float() * each
    if rows % grid[0] == 0 and columns % grid[1] == 0 and rows % block[0] == 0 and columns % block[1] == 0:
        theirs = Fp8Dequantize(SimpleNamespace())._dequantize_one(codes, scales, torch.float32)
        assert torch.equal(theirs, restored)
    return codes, scales, restored


def deepseek(tensors):
    stored, restored = {}, {}
    for name, tensor in tensors.items():
        stored[name], restored[name] = tensor, tensor.float()
        if is_linear(name, tensor):
            stored[name], stored[name + "_scale_inv"], restored[name] = fp8_blocks(tensor)
    return stored, restored, {
        "activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8", "weight_block_size": list(BLOCK)}


def fbgemm(tensors):
    """Meta's encoding of Llama 3.1 405B: a scale for each row."""
    stored, restored = {}, {}
    for name, tensor in tensors.items():
        stored[name], restored[name] = tensor, tensor.float()
        if is_linear(name, tensor):
            scales = tensor.float().abs().amax(dim=1, keepdim=True) / 448
            stored[name] = (tensor.float() / scales).clamp(-448, 448).to(E4M3)
            stored[name + "_scale"] = scales
            restored[name] = stored[name].float() * scales
    return stored, restored, {
        "activation_scale_ub": 1200.0, "modules_to_not_convert": ["lm_head"], "quant_method": "fbgemm_fp8"}


def per_tensor(tensors):
    """Mistral's encoding: a scale for each tensor, and one of its activations that is not needed here."""
    stored, restored = {}, {}
    for name, tensor in tensors.items():
        stored[name], restored[name] = tensor, tensor.float()
        if is_linear(name, tensor):
            scale = (tensor.float().abs().max() / 448).to(torch.bfloat16)
            stored[name] = (tensor.float() / scale.float()).clamp(-448, 448).to(E4M3)
            stored[name + "_scale_inv"] = scale
            stored[name.removesuffix("weight") + "activation_scale"] = torch.tensor(0.5, dtype=torch.bfloat16)
            restored[name] = stored[name].float() * scale.float()
    return stored, restored, {
        "activation_scheme": "static", "dequantize": False, "modules_to_not_convert": ["lm_head"],
        "quant_method": "fp8", "weight_block_size": None}


def mxfp4(weight):
    """OpenAI's encoding of [experts, inputs, outputs]: a power of two for 32 inputs of one output."""
    w = weight.float().transpose(1, 2)
    groups = w.reshape(*w.shape[:2], -1, 32)
    largest = groups.abs().amax(dim=-1)
    exponents = torch.floor(torch.log2(torch.where(largest > 0, largest, 1.0))) - 2
    scaled = groups / torch.exp2(exponents).unsqueeze(-1)
    points = torch.tensor([0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0])
    codes = torch.bucketize(scaled.abs().contiguous(), points).to(torch.uint8) | ((scaled < 0).to(torch.uint8) << 3)
    return codes[..., 0::2] | codes[..., 1::2] << 4, (exponents + 127).to(torch.uint8)


def gpt_oss(tensors):
    stored, restored = {}, {}
    for name, tensor in tensors.items():
        if name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            stored[name + "_blocks"], stored[name + "_scales"] = mxfp4(tensor)
            restored[name] = convert_moe_packed_tensors(
                stored[name + "_blocks"], stored[name + "_scales"], dtype=torch.float32)
            assert restored[name].shape == tensor.shape
        else:
            stored[name], restored[name] = tensor, tensor.float()
    return stored, restored, {
        "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"],
        "quant_method": "mxfp4"}


def make(name, family, encode):
    source, target = FAMILIES / family, HERE / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    config = json.loads((source / "config.json").read_text())
    stored, restored, quantization = encode(load_file(source / "model.safetensors"))
    save_file({k: v.contiguous() for k, v in stored.items()}, target / "model.safetensors", {"format": "pt"})
    (target / "config.json").write_text(json.dumps({**config, "quantization_config": quantization}, indent=2) + "\n")
    ids = load_file(source / "golden.safetensors")["input_ids"][:32]
    with tempfile.TemporaryDirectory() as folder:
        save_file({k: v.contiguous() for k, v in restored.items()}, Path(folder) / "model.safetensors", {"format": "pt"})
        (Path(folder) / "config.json").write_text(json.dumps(config))
        model, about = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        assert not (about["missing_keys"] or about["unexpected_keys"]), about
        with torch.inference_mode():
            logits = torch.nn.Module.float(model).eval()(ids[None].long()).logits[0]
    picked = {k: v.contiguous() for k, v in restored.items() if k + "_scale_inv" in stored or k + "_scale" in stored
              or k + "_blocks" in stored}
    one = sorted(picked)[-1]
    save_file({"input_ids": ids.to(torch.int32), "logits": logits[16:].contiguous(), one: picked[one]}, target / "golden.safetensors",
              {"restored": one, "transformers": transformers.__version__, "torch": torch.__version__})
    print(name, f"{logits.std():.3f}", one)


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    make("deepseek-v3-fp8", "deepseek-v3", deepseek)
    make("gpt-oss-mxfp4", "gpt-oss", gpt_oss)
    make("llama-fbgemm-fp8", "llama", fbgemm)
    make("mistral-fp8", "mistral", per_tensor)
