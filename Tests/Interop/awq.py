#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Transformers with GPTQModel loads the AWQ folders that Halftone writes.

    awq.py [--venv FOLDER | --python FILE] [--halftone FILE]

As integer_group_cases.py says.
"""

from integer_group_cases import Runtime, main


class AWQ(Runtime):
    name = "awq"
    schemes = [("w4a16-asym", []), ("w4a16-asym-32", ["--block-size", "32"]),
               ("w4a16", ["--scheme", "w4a16"])]
    # The kernels compute with weights that they round to F16.
    logits = 2e-3

    def peer(self):
        import gptqmodel
        import transformers
        return f"Transformers {transformers.__version__}, GPTQModel {gptqmodel.__version__}"

    def is_quantized(self, module):
        return hasattr(module, "qweight")

    def restored(self, folder, arrays):
        from gptqmodel.quantization.awq.utils.packing_utils import dequantize_gemm

        weights = {}
        for name in arrays:
            if name.endswith(".qweight"):
                module = name.removesuffix(".qweight")
                codes, zeros, scales = (
                    arrays[f"{module}.{key}"] for key in ("qweight", "qzeros", "scales"))
                weights[f"{module}.weight"] = dequantize_gemm(
                    codes, zeros, scales, 4, codes.shape[0] // scales.shape[0]).T.contiguous()
        return weights


if __name__ == "__main__":
    main(AWQ(), __doc__, "gptq", __file__)
