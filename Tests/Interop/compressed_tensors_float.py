#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Halftone's floating-point codes for compressed-tensors are those of the library, both ways.

    compressed_tensors_float.py [--venv FOLDER | --python FILE] [--halftone FILE]

FP8 dynamic (float-quantized), NVFP4A16 (nvfp4-pack-quantized) and MXFP4A16 (mxfp4-pack-quantized), for the trained
checkpoint in examples/ and families of Tests/Fixtures/families. Ours: `halftone quantize --to compressed-tensors`;
every array must be, byte for byte, what the library computes from the same weights (FP8 codes in float32, as its
GPU kernel does), its decompressor must restore the weights that `halftone dequantize` restores, and Transformers must
load the folder with nothing missing or left over and give logits near those of `halftone logits`. Theirs: the same arrays
with a configuration that the library wrote, read by Halftone. NVFP4 goes from `.tone` to this format and back with
its codes and scales.

The library, Transformers and torch are installed, in pinned versions, into a virtual environment in --venv (kept, and
used again) or in a temporary folder; --python names an interpreter that has them. Exit 0 if everything holds, 1 with
the first that does not.
"""

import json
import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from environment import REPOSITORY, limited, main, run  # noqa: E402
from record import record  # noqa: E402

FAMILIES = REPOSITORY / "Tests/Fixtures/families"
PEER = "compressed-tensors 0.20.0, Transformers 5.23.0"
NAMES = ["llama", "mistral", "qwen2", "qwen3", "gemma2", "phi3", "olmo2", "starcoder2", "gpt-neox", "phi"]
SCHEMES = ["fp8", "nvfp4", "mxfp4"]

# The library restores weights in bf16, and computes with activations in 8 bits where the format is FP8 dynamic.
OWN_ARITHMETIC = {"fp8": 0.2, "nvfp4": 0.05, "mxfp4": 0.05}


def check(halftone, scratch):
    """Runs with the library at hand."""
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    warnings.filterwarnings("ignore")
    import torch
    import transformers
    from compressed_tensors.compressors.base import BaseCompressor
    from compressed_tensors.quantization import QuantizationArgs, QuantizationConfig, QuantizationScheme
    from compressed_tensors.quantization.lifecycle.forward import quantize
    from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam
    from safetensors.torch import load_file, save_file

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()

    def demand(true, text):
        if not true:
            sys.exit(f"FAILED {text}")

    def arrays(folder):
        return {k: v for f in sorted(Path(folder).glob("*.safetensors")) for k, v in load_file(f).items()}

    def same_bytes(a, b):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(
            a.contiguous().reshape(-1).view(torch.uint8), b.contiguous().reshape(-1).view(torch.uint8))

    def arguments(scheme):
        if scheme == "fp8":
            return QuantizationArgs(num_bits=8, type="float", strategy="channel", symmetric=True), "float-quantized"
        if scheme == "nvfp4":
            return QuantizationArgs(num_bits=4, type="float", strategy="tensor_group", group_size=16, symmetric=True,
                                    scale_dtype=torch.float8_e4m3fn), "nvfp4-pack-quantized"
        return QuantizationArgs(num_bits=4, type="float", strategy="group", group_size=32, symmetric=True,
                                scale_dtype=torch.uint8), "mxfp4-pack-quantized"

    def compressed(weight, scheme):
        """The arrays of a layer, without its name, as the library computes them."""
        args, form = arguments(scheme)
        whole = generate_gparam(weight.min(), weight.max()) if scheme == "nvfp4" else None
        if scheme == "fp8":
            scales, _ = calculate_qparams(weight.amin(-1, True), weight.amax(-1, True), args)
            codes = quantize(weight.float(), scales.float(), None, args, dtype=torch.float8_e4m3fn)
            return {"weight": codes, "weight_scale": scales}
        # It computes the scales of F16 weights in F16, where those of MXFP4 become 0.
        wide = weight.float() if weight.dtype == torch.float16 else weight
        groups = wide.unflatten(-1, (-1, args.group_size))
        scales, _ = calculate_qparams(groups.amin(-1), groups.amax(-1), args, global_scale=whole)
        state = {"weight": wide, "weight_scale": scales}
        if whole is not None:
            state["weight_global_scale"] = whole
        return BaseCompressor.get_value_from_registry(form).compress(
            state, QuantizationScheme(targets=["Linear"], weights=args))

    def decompressed(stored, scheme):
        args, form = arguments(scheme)
        return BaseCompressor.get_value_from_registry(form).decompress(
            dict(stored), QuantizationScheme(targets=["Linear"], weights=args))["weight"]

    def layer(stored, module):
        return {k[len(module) + 1:]: v for k, v in stored.items()
                if k.startswith(module + ".") and k[len(module) + 1:].startswith("weight")}

    def dequantized(model, dtype):
        target = scratch / "restored"
        run(halftone, "dequantize", model, "-o", target, "--dtype", dtype, "--overwrite")
        return arrays(target)

    ids = list(range(5, 69))

    def near(folder, name, scheme):
        """Transformers loads the folder; its logits are near ours."""
        model, about = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.bfloat16, attn_implementation="eager", output_loading_info=True)
        wrong = (set(about["missing_keys"]) - {"lm_head.weight"}) | set(about["unexpected_keys"])
        demand(not wrong, f"{name}: missing or left over: {sorted(wrong)[:6]}")
        with torch.inference_mode():
            theirs = model.eval()(torch.tensor([ids])).logits[0].float()
        target = scratch / "logits.safetensors"
        run(halftone, "logits", folder, "--tokens", ",".join(map(str, ids)), "-o", target, "--overwrite")
        ours = load_file(target)["logits"]
        error = ((ours - theirs).norm() / ours.norm()).item()
        demand(error < OWN_ARITHMETIC[scheme], f"{name}: logits differ by {error:.3f}")
        return error

    for model in limited([REPOSITORY / "examples/ref-llama"] + [FAMILIES / name for name in NAMES]):
        plain = arrays(model)
        for scheme in limited(SCHEMES):
            name = f"{model.name} {scheme}"
            ours = scratch / "ours"
            run(halftone, "quantize", model, "-o", ours, "--to", "compressed-tensors", "--scheme", scheme, "--overwrite")
            stored = arrays(ours)
            modules = sorted(k.removesuffix(".weight_scale") for k in stored if k.endswith(".weight_scale"))
            demand(modules, f"{name}: nothing is quantized")
            # F16 has no room for the tensor's number of NVFP4, for which the library puts 1.
            exact = not (scheme == "nvfp4" and plain[f"{modules[0]}.weight"].dtype == torch.float16)
            in_bf16 = dequantized(ours, "bf16")
            theirs = dict(stored)
            for module in modules:
                found = layer(stored, module)
                if exact:
                    expected = compressed(plain[f"{module}.weight"], scheme)
                    expected = {k: v for k, v in expected.items() if v is not None}
                    demand(found.keys() == expected.keys(), f"{name}: {module} has {sorted(found)}, not {sorted(expected)}")
                    for key, value in expected.items():
                        demand(same_bytes(found[key], value), f"{name}: {module}.{key} differs")
                        theirs[f"{module}.{key}"] = value
                weight = decompressed(found, scheme)
                if scheme == "fp8":  # Multiplied in the scales' type there, in float32 here.
                    weight = found["weight"].float() * found["weight_scale"].float()
                demand(torch.equal(weight.bfloat16(), in_bf16[f"{module}.weight"]), f"{name}: {module} is restored otherwise")
            error = near(ours, name, scheme)
            print(f"{name}: {len(modules)} layers, arrays {'the same' if exact else 'restored alike'}, logits {error:.1e}")
            record("compressed-tensors", model.name, scheme, "pass", PEER, "arrays, bytes; weights; logits", f"{error:.1e}")

            # Theirs: the library's own words for the same arrays.
            args, form = arguments(scheme)
            inputs = QuantizationArgs(num_bits=8, type="float", strategy="token", symmetric=True, dynamic=True)
            group = QuantizationScheme(targets=["Linear"], weights=args, format=form,
                                       input_activations=inputs if scheme == "fp8" else None)
            config = QuantizationConfig(config_groups={"group_0": group}, format=form, quant_method="compressed-tensors",
                                        quantization_status="compressed", ignore=["lm_head"])
            folder = scratch / "theirs"
            folder.mkdir(exist_ok=True)
            save_file({k: v.contiguous() for k, v in theirs.items()}, folder / "model.safetensors", {"format": "pt"})
            about = json.loads((ours / "config.json").read_text())
            about["quantization_config"] = json.loads(config.model_dump_json(exclude_none=True))
            (folder / "config.json").write_text(json.dumps(about))
            again = dequantized(folder, "bf16")
            demand(all(torch.equal(again[k], in_bf16[k]) for k in in_bf16), f"{name}: theirs is read otherwise")

        # From .tone and back: the number of the tensor is one over itself twice, the rest the same bytes.
        tone, there, back = (scratch / word for word in ("model.tone", "there", "back.tone"))
        run(halftone, "quantize", model, "-o", tone, "--scheme", "nvfp4", "--overwrite")
        run(halftone, "export", tone, "-o", there, "--to", "compressed-tensors", "--overwrite")
        run(halftone, "export", there, "-o", back, "--to", "tone", "--overwrite")
        before, after = dequantized(tone, "f32"), dequantized(back, "f32")
        for key in before:
            a, b = before[key], after[key]
            # A reciprocal, and a quotient in place of a product: half a unit in the last place each.
            demand(torch.allclose(a, b, rtol=4 * 2**-24, atol=0), f"{model.name}: {key} changed on its way")
        print(f"{model.name}: nvfp4 from .tone and back")


if __name__ == "__main__":
    main(__file__, __doc__, "transformers5", check, "compressed-tensors", PEER)
