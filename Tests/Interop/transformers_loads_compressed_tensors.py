#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Transformers with compressed-tensors loads what Halftone writes for it, and Halftone what it writes.

    transformers_loads_compressed_tensors.py [--venv FOLDER | --python FILE] [--halftone FILE]

As integer_group_cases.py says. Besides, for the trained checkpoint: scales are those of compressed-tensors' own
round-to-nearest, and codes those that it quantizes the weights to in float32, to the last bit.
"""

from integer_group_cases import MODEL, Runtime, main, run



class CompressedTensors(Runtime):
    name = "compressed-tensors"
    schemes = [("w4a16", []), ("w4a16-32", ["--block-size", "32"]),
               ("w8a16", ["--scheme", "w8a16"]),
               ("w8a16-row", ["--scheme", "w8a16", "--block-size", "row"])]
    # Both sides compute in float32 on the same weights and differ in the order of their sums.
    logits = 1e-5

    def peer(self):
        import compressed_tensors
        import transformers
        return f"Transformers {transformers.__version__}, compressed-tensors {compressed_tensors.__version__}"

    def is_quantized(self, module):
        return getattr(module, "quantization_scheme", None) is not None

    def restored(self, folder, arrays):
        import json

        from compressed_tensors.compressors import BaseCompressor
        from compressed_tensors.quantization import QuantizationScheme

        config = json.loads((folder / "config.json").read_text())["quantization_config"]
        scheme = QuantizationScheme(**config["config_groups"]["group_0"])
        compressor = BaseCompressor.get_value_from_registry(config["format"])
        weights = {}
        for name in arrays:
            if name.endswith(".weight_packed"):
                module = name.removesuffix(".weight_packed")
                state = {key.removeprefix(module + "."): value for key, value in arrays.items()
                         if key.startswith(module + ".weight_")}
                weights[f"{module}.weight"] = compressor.decompress(state, scheme)["weight"]
        return weights

    def theirs(self, halftone, scratch, say):
        import torch
        from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32
        from compressed_tensors.quantization import QuantizationArgs
        from compressed_tensors.quantization.lifecycle.forward import quantize
        from compressed_tensors.quantization.utils import calculate_qparams
        from safetensors.torch import load_file

        source = load_file(MODEL / "model.safetensors")
        for bits in (4, 8):
            for group in (32, 128, None):
                size = ["--block-size", str(group or "row")]
                output = scratch / f"rule-{bits}-{group}"
                run(halftone, "quantize", MODEL, "-o", output, "--to", self.name, "--scheme",
                    f"w{bits}a16", *size)
                arrays = load_file(output / "model.safetensors")
                args = QuantizationArgs(
                    num_bits=bits, type="int", symmetric=True, group_size=group,
                    strategy="group" if group else "channel")
                differing = 0
                for name, weight in source.items():
                    module = name.removesuffix(".weight")
                    if f"{module}.weight_packed" not in arrays:
                        continue
                    runs = weight.unflatten(1, (-1, group or weight.shape[1]))
                    scale, _ = calculate_qparams(runs.amin(-1), runs.amax(-1), args)
                    codes = pack_to_int32(quantize(weight.float(), scale, None, args, torch.int8), bits)
                    differing += not torch.equal(scale, arrays[f"{module}.weight_scale"])
                    differing += not torch.equal(codes, arrays[f"{module}.weight_packed"])
                say("ref-llama", f"w{bits}a16-{group or 'row'}", "fail" if differing else "pass",
                    f"{differing} arrays are not those of its round-to-nearest")


if __name__ == "__main__":
    main(CompressedTensors(), __doc__, "transformers5", __file__)
