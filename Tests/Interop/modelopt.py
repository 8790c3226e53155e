#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Halftone writes for ModelOpt's readers is what ModelOpt writes, and the other way round.

    modelopt.py [--venv FOLDER | --python FILE] [--halftone FILE]

For the trained checkpoint in examples/ and the families of Tests/Fixtures/families that ModelOpt quantizes. Ours:
`halftone quantize --to modelopt`. As FP8 and NVFP4 every array must be, byte for byte, the one that ModelOpt's own
export of the same model holds, and the two descriptions of the quantization the same. Integers have other scales than
ModelOpt's; for them its packing functions must give our codes from our scales. `halftone dequantize` must restore
the weights that ModelOpt's own tensors restore. Theirs: folders that ModelOpt exported in every weight format that
Halftone reads, dequantized by Halftone and by torch.

There is no loader for these folders on a CPU. ModelOpt and torch are installed, in pinned versions, into a
virtual environment in --venv (kept, and used again) or in a temporary folder; --python names an interpreter that
has them. Exit 0 if everything holds, 1 with the first that does not.
"""

import json
import logging
import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from environment import REPOSITORY, limited, main, run  # noqa: E402
from record import record  # noqa: E402

# This file is called like the package that it imports.
sys.path = [p for p in sys.path if Path(p or ".").resolve() != Path(__file__).resolve().parent]

FAMILIES = REPOSITORY / "Tests/Fixtures/families"
PEER = "nvidia-modelopt 0.47.0"

# Options of quantize, and the configuration of ModelOpt whose export has the same arrays.
CASES = {
    "fp8": (["--scheme", "fp8"], "FP8_PER_CHANNEL_PER_TOKEN_CFG"),
    "nvfp4": (["--scheme", "nvfp4"], "W4A16_NVFP4_CFG"),
    "w8a16": (["--scheme", "w8a16", "--block-size", "row"], None),
    "w4a16": (["--scheme", "w4a16", "--block-size", "32"], None),
}
# Weight formats of ModelOpt that are read.
THEIRS = ["FP8_PER_CHANNEL_PER_TOKEN_CFG", "FP8_DEFAULT_CFG", "W4A16_NVFP4_CFG", "NVFP4_DEFAULT_CFG",
          "INT8_WEIGHT_ONLY_CFG", "INT4_BLOCKWISE_WEIGHT_ONLY_CFG", "FP8_2D_BLOCKWISE_WEIGHT_ONLY_CFG"]
# Families whose layers are stored as ModelOpt exports them, plain matrices that keep their names.
NAMES = ["llama", "mistral", "qwen2", "qwen3", "gemma2", "phi3", "olmo2", "starcoder2"]


def check(halftone, scratch):
    """Runs with ModelOpt at hand."""
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    warnings.filterwarnings("ignore")
    import modelopt.torch.quantization as mtq
    import torch
    import transformers
    from modelopt.torch.export import export_hf_checkpoint
    from modelopt.torch.export.convert_hf_config import convert_hf_quant_config_format
    from modelopt.torch.export.quant_utils import pack_int4_in_uint8, to_quantized_weight
    from safetensors.torch import load_file

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    logging.disable(logging.WARNING)
    values = torch.tensor([0, .5, 1, 1.5, 2, 3, 4, 6, -0., -.5, -1, -1.5, -2, -3, -4, -6])

    def demand(true, text):
        if not true:
            sys.exit(f"FAILED {text}")

    def arrays(folder):
        return {k: v for f in sorted(Path(folder).glob("*.safetensors")) for k, v in load_file(f).items()}

    def exported(model, name, target):
        torch.manual_seed(1)
        loaded = transformers.AutoModelForCausalLM.from_pretrained(model, dtype="auto")
        ids = torch.randint(3, loaded.config.vocab_size, (1, 32))
        loaded = mtq.quantize(loaded, getattr(mtq, name), forward_loop=lambda it: it(ids))
        export_hf_checkpoint(loaded, export_dir=target)
        return arrays(target)

    def restored(stored, module):
        """A layer's weights in float32, by torch."""
        codes, scale = stored[f"{module}.weight"], stored[f"{module}.weight_scale"]
        if codes.dtype == torch.float8_e4m3fn:
            if scale.ndim <= 1:
                return codes.float() * (scale if scale.ndim == 0 else scale[:, None])
            rows, columns = codes.shape
            scale = scale.squeeze()
            scale = scale.reshape(-(-rows // 128), -(-columns // 128))
            return codes.float() * scale.repeat_interleave(128, 0)[:rows].repeat_interleave(128, 1)[:, :columns]
        if codes.dtype == torch.int8:
            return codes.float() * scale[:, None]
        if scale.dtype == torch.float8_e4m3fn:
            pairs = torch.stack([codes & 15, codes >> 4], -1).flatten(1).long()
            each = (scale.float() * stored[f"{module}.weight_scale_2"]).repeat_interleave(16, 1)
            return values[pairs] * each
        signed = torch.stack([codes & 15, codes >> 4], 1).flatten(0, 1).to(torch.int16)
        signed = torch.where(signed > 7, signed - 16, signed).float()
        return signed * scale.float().repeat_interleave(signed.shape[1] // scale.shape[1], 1)

    def dequantized(folder):
        target = scratch / "restored"
        run(halftone, "dequantize", folder, "-o", target, "--dtype", "f32", "--overwrite")
        return arrays(target)

    def modules(stored):
        return [k.removesuffix(".weight_scale") for k in stored if k.endswith(".weight_scale")]

    def same_weights(stored, folder, name):
        found = dequantized(folder)
        demand(modules(stored), f"{name}: nothing is quantized")
        for module in modules(stored):
            demand(torch.equal(found[f"{module}.weight"], restored(stored, module)),
                   f"{name}: {module} is restored otherwise")

    for model in limited([REPOSITORY / "examples/ref-llama"] + [FAMILIES / name for name in NAMES]):
        plain = arrays(model)
        for scheme in limited(CASES):
            options, theirs = CASES[scheme]
            name = f"{model.name} {scheme}"
            ours = scratch / "ours"
            run(halftone, "quantize", model, "-o", ours, "--to", "modelopt", *options, "--overwrite")
            stored = arrays(ours)
            description = json.loads((ours / "hf_quant_config.json").read_text())
            inner = json.loads((ours / "config.json").read_text())["quantization_config"]
            demand(inner == convert_hf_quant_config_format(description), f"{name}: config.json differs")
            same_weights(stored, ours, name)
            if theirs:
                expected = exported(model, theirs, scratch / f"theirs-{scheme}")
                demand(set(stored) - {"lm_head.weight"} == set(expected) - {"lm_head.weight"},
                       f"{name}: other arrays: {sorted(set(stored) ^ set(expected))[:5]}")
                for key in expected.keys() & stored.keys():
                    a, b = stored[key], expected[key]
                    demand(a.dtype == b.dtype and a.shape == b.shape and
                           torch.equal(a.reshape(-1).view(torch.uint8), b.reshape(-1).view(torch.uint8)),
                           f"{name}: {key} differs")
                file = json.loads((scratch / f"theirs-{scheme}/hf_quant_config.json").read_text())
                # Embeddings of some families are no modules that it knows; naming them costs nothing.
                excluded = [each["quantization"].pop("exclude_modules") for each in (file, description)]
                demand(file == description and set(excluded[0]) <= set(excluded[1]),
                       f"{name}: hf_quant_config.json differs: {file} {description} {excluded}")
                compared = "arrays, bytes; configuration"
            else:
                for module in modules(stored):
                    weight, scale = plain[f"{module}.weight"], stored[f"{module}.weight_scale"]
                    if scheme == "w8a16":
                        packed = to_quantized_weight(weight, scale, "int8_wo")
                    else:
                        packed = pack_int4_in_uint8(weight, scale, 32)
                        demand(torch.equal(stored[f"{module}.pre_quant_scale"], torch.ones(weight.shape[1])),
                               f"{name}: {module} is scaled")
                    demand(torch.equal(packed, stored[f"{module}.weight"]), f"{name}: {module} differs")
                compared = "codes, by its packing of our scales"
            print(f"{name}: {len(modules(stored))} layers, {compared}")
            record("modelopt", model.name, scheme, "pass", PEER, compared)

    model = REPOSITORY / "examples/ref-llama"
    for name in limited(THEIRS):
        folder = scratch / name
        stored = exported(model, name, folder)
        # ModelOpt leaves it to consumers to know that its activations are scaled.
        if any(k.endswith("pre_quant_scale") for k in stored):
            continue
        same_weights(stored, folder, name)
        print(f"{name}: read as torch restores it")
        record("modelopt (reading)", model.name, name, "pass", PEER, "weights, bits")


if __name__ == "__main__":
    main(__file__, __doc__, "modelopt", check, "modelopt", PEER)
