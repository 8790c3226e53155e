#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Transformers with GPTQModel and optimum loads the GPTQ folders that Halftone writes.

    gptq.py [--venv FOLDER | --python FILE] [--halftone FILE]

As integer_group_cases.py says. Besides, for the trained checkpoint: scales are those of GPTQModel's own
round-to-nearest in float32, rounded to F16, and nearly all codes are its codes.
"""

from integer_group_cases import MODEL, Runtime, main, run

# GPTQModel divides by scales before it rounds them, Halftone by the stored ones: codes near a half differ.
CODES = 0.005


class GPTQ(Runtime):
    name = "gptq"
    schemes = [("w4a16", []), ("w4a16-32", ["--block-size", "32"]), ("w8a16", ["--scheme", "w8a16"]),
               ("w4a16-row", ["--block-size", "row"])]
    # On CPUs GPTQModel has a kernel for rows that takes some shapes only and rounds to BF16.
    trained_only = ("w4a16-row",)
    # The kernels compute with weights that they round to F16.
    logits = 2e-3
    missing_kernel = "expect qGroupSize to be"

    def peer(self):
        import gptqmodel
        import transformers
        return f"Transformers {transformers.__version__}, GPTQModel {gptqmodel.__version__}"

    def is_quantized(self, module):
        return hasattr(module, "qweight")

    def restored(self, folder, arrays):
        import json

        import torch
        from gptqmodel.nn_modules.qlinear.torch import TorchLinear
        from gptqmodel.utils.model import convert_gptq_v1_to_v2_format_module

        config = json.loads((folder / "config.json").read_text())["quantization_config"]
        weights = {}
        for name in arrays:
            if not name.endswith(".qweight"):
                continue
            module = name.removesuffix(".qweight")
            rows, bits = arrays[name].shape[1], config["bits"]
            layer = TorchLinear(
                bits=bits, group_size=config["group_size"], sym=True, desc_act=False,
                in_features=arrays[name].shape[0] * 32 // bits, out_features=rows)
            layer.load_state_dict(
                {key: arrays[f"{module}.{key}"] for key in ("qweight", "qzeros", "scales", "g_idx")},
                strict=False)
            convert_gptq_v1_to_v2_format_module(layer, bits, torch.int32)
            layer.post_init()
            weights[f"{module}.weight"] = layer.dequantize_weight().T.contiguous()
        return weights

    def theirs(self, halftone, scratch, say):
        import torch
        from gptqmodel.quantization.config import QuantizeConfig
        from gptqmodel.quantization.quantizer import Quantizer
        from safetensors.torch import load_file

        source = load_file(MODEL / "model.safetensors")
        for bits in (4, 8):
            output = scratch / f"rule-{bits}"
            run(halftone, "quantize", MODEL, "-o", output, "--to", self.name, "--scheme", f"w{bits}a16")
            arrays = load_file(output / "model.safetensors")
            scales = codes = count = 0
            quantizer = Quantizer(QuantizeConfig(bits=bits, group_size=128, sym=True))
            quantizer.configure(perchannel=True)
            for name, weight in source.items():
                module = name.removesuffix(".weight")
                if f"{module}.qweight" not in arrays:
                    continue
                groups = weight.float().unflatten(1, (-1, 128))
                quantizer.find_params(groups.flatten(0, 1), weight=True)
                scale = quantizer.scale.view(groups.shape[:2])
                scales += (scale.half().T != arrays[f"{module}.scales"]).sum().item()
                packed = arrays[f"{module}.qweight"]
                shifts = torch.arange(0, 32, bits)[None, :, None]
                ours = (packed[:, None] >> shifts & (1 << bits) - 1).flatten(0, 1).T
                theirs = (groups / scale[..., None]).round() + (1 << bits - 1)
                theirs = theirs.clamp(0, (1 << bits) - 1).flatten(1)
                codes += (ours != theirs).sum().item()
                count += weight.numel()
            detail = f"{scales} scales and {codes / count:.2%} of the codes differ from its round-to-nearest"
            say("ref-llama", f"w{bits}a16-rule",
                "fail" if scales or codes > CODES * (16 if bits == 8 else 1) * count else "pass", detail)


if __name__ == "__main__":
    main(GPTQ(), __doc__, "gptq", __file__)
