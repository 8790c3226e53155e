# SPDX-License-Identifier: Apache-2.0
"""Makes the fixtures of this folder with the real bitsandbytes on a CPU.

    python generate.py          needs numpy, torch, bitsandbytes and safetensors; see README.md

Every array whose name has no `gpu` in it was computed by bitsandbytes; those with `gpu` come from
`gpu_rule.py`. The script fails if bitsandbytes' answers for the 256x256 source have changed.
"""

import hashlib
import json
import os
import platform
from pathlib import Path

# Set before the import: the order in which torch sums a mean depends on the number of threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import bitsandbytes
import numpy as np
import torch
from bitsandbytes import functional as bnb
from safetensors.torch import save_file

import gpu_rule

torch.set_num_threads(1)
folder = Path(__file__).resolve().parent
f32 = np.float32

VERSIONS = {
    "bitsandbytes": bitsandbytes.__version__,
    "torch": torch.__version__,
    "torch_capability": torch.backends.cpu.get_cpu_capability(),
    "numpy": np.__version__,
    "machine": platform.machine(),
}

# First 16 hexadecimal digits of the SHA-256 of the raw bytes, as bitsandbytes 0.50.2 gives them on
# x86-64 with AVX2 or AVX-512.
EXPECTED = {
    "source": "0495e8938e16be89",
    "nf4.codes": "ac6178288bb52225",
    "nf4.scales": "b25465ccd40a34fe",
    "nf4_dq.scale_codes": "c5576d71e739689f",
    "fp4.codes": "796f7896b67a7d12",
    "int8.codes": "e0113cdd2c01f492",
    "int8.scales": "0a67e9d02500eab8",
}


def lcg(shape, seed=12345, spread=0.25, dtype=torch.bfloat16):
    """a = a * 1664525 + 1013904223 mod 2^32; value = (a / 2^32 - 0.5) * spread, in float32."""
    values, a = np.empty(int(np.prod(shape)), f32), seed
    for i in range(values.size):
        a = (a * 1664525 + 1013904223) % 2**32
        values[i] = f32((a / 2**32 - 0.5) * spread)
    return torch.from_numpy(values).to(dtype).reshape(shape)


def raw(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def digest(tensor):
    return hashlib.sha256(raw(tensor)).hexdigest()[:16]


def from_numpy(array):
    return torch.from_numpy(np.ascontiguousarray(array))


def four_bit(source, kind, size, double=False):
    codes, state = bnb.quantize_4bit(
        source, blocksize=size, quant_type=kind, compress_statistics=double)
    if not double:
        return {"codes": codes, "scales": state.absmax}
    return {
        "codes": codes,
        "scale_codes": state.absmax,
        "group_scales": state.state2.absmax,
        "offset": state.offset.reshape(()),
    }


def int8_row(source):
    codes, scales, _ = bnb.int8_vectorwise_quant(source.to(torch.float16))
    return {"codes": codes, "scales": scales}


def gpu_four_bit(source, kind, size):
    encode = gpu_rule.nf4_codes if kind == "nf4" else gpu_rule.fp4_codes
    values = source.float().numpy()
    codes, scales = gpu_rule.quantize_4bit(values, size, encode)
    sensitivity = gpu_rule.reciprocal_sensitivity(values, size, encode)
    return {"codes": from_numpy(codes), "scales": from_numpy(scales)}, sensitivity


def gpu_scales(scales, codebook):
    codes, second, offset = gpu_rule.quantize_scales(scales.numpy(), codebook)
    return {
        "scale_codes": from_numpy(codes),
        "group_scales": from_numpy(second),
        "offset": torch.tensor(offset),
    }


def nibbles(codes):
    flat = codes.reshape(-1)
    return torch.stack([flat >> 4, flat & 15], dim=1).reshape(-1)


def put(tensors, prefix, arrays):
    for name, array in arrays.items():
        tensors[f"{prefix}.{name}"] = array.contiguous().clone()


def save(name, tensors, description):
    # One key: the library writes several in no fixed order.
    metadata = {"description": json.dumps(description | {"versions": VERSIONS})}
    save_file(dict(sorted(tensors.items())), folder / name, metadata=metadata)
    print(name, (folder / name).stat().st_size, "bytes")


def big_square(codebook):
    """The 65,536 bf16 values whose hashes are published; the source is its formula."""
    source = lcg((256, 256))
    real, rule = {}, {}
    put(real, "nf4", four_bit(source, "nf4", 64))
    put(real, "nf4_dq", four_bit(source, "nf4", 64, double=True))
    put(real, "fp4", four_bit(source, "fp4", 64))
    put(real, "int8", int8_row(source))
    for name, expected in EXPECTED.items():
        got = digest(source if name == "source" else real[name])
        if got != expected:
            raise SystemExit(f"{name}: SHA-256 begins {got}, expected {expected}")
    # The same bytes once more would only fill the file.
    assert torch.equal(real.pop("nf4_dq.codes"), real["nf4.codes"])
    assert torch.equal(real.pop("fp4.scales"), real["nf4.scales"])

    nf4, nf4_sensitivity = gpu_four_bit(source, "nf4", 64)
    assert torch.equal(nf4["codes"], real["nf4.codes"]) and nf4_sensitivity == 0
    fp4, fp4_sensitivity = gpu_four_bit(source, "fp4", 64)
    put(rule, "fp4_gpu", {"codes": fp4["codes"]})
    put(rule, "nf4_dq_gpu", gpu_scales(real["nf4.scales"], codebook))
    ours, theirs = nibbles(rule["fp4_gpu.codes"]), nibbles(real["fp4.codes"])
    signed_zero = ((ours & 7) == 0) & ((theirs & 7) == 0)
    step = rule["nf4_dq_gpu.scale_codes"].int() - real["nf4_dq.scale_codes"].int()
    shared = {
        "shape": [256, 256], "dtype": "bfloat16", "block_size": 64, "group_size": 256,
        "source": "a = 12345; per value a = (a * 1664525 + 1013904223) mod 2^32, "
                  "bfloat16((a / 2^32 - 0.5) * 0.25)",
        "source_sha256_begins": EXPECTED["source"],
    }
    save("square.safetensors", real, shared | {"rule": "bitsandbytes on CPU"})
    save("square-gpu-rule.safetensors", rule, shared | {
        "rule": "bitsandbytes' CUDA kernels, emulated",
        "fp4_codes_different_from_cpu": int((ours != theirs).sum()),
        "fp4_of_these_only_the_sign_of_zero": int(((ours != theirs) & signed_zero).sum()),
        "fp4_bytes_sensitive_to_reciprocal": fp4_sensitivity,
        "scale_codes_different_from_cpu": int((step != 0).sum()),
        "scale_codes_largest_difference": int(step.abs().max()),
    })


def threshold_block(thresholds):
    """A block with maximum 1 that holds each threshold and its two neighbours."""
    below = np.nextafter(thresholds, f32(-2))
    above = np.nextafter(thresholds, f32(2))
    values = np.stack([below, thresholds, above], axis=1).reshape(-1)
    block = np.zeros(-(-(values.size + 1) // 64) * 64, f32)
    block[0], block[1 : values.size + 1] = 1, values
    return torch.from_numpy(block.reshape(-1, 64))


def spread_rows(rows, columns, seed):
    """Rows whose magnitudes span five decades, so that block scales use much of the codebook."""
    magnitude = torch.logspace(-4, 1, rows).unsqueeze(1)
    return (lcg((rows, columns), seed, 2.0, torch.float32) * magnitude).to(torch.bfloat16)


def with_zeros(source, *ranges):
    flat = source.reshape(-1).clone()
    for start, end in ranges:
        flat[start:end] = 0
    return flat.reshape(source.shape)


def cases(codebook):
    """Small sources in which something does not come out even."""
    bf16, fp16, fp32 = torch.bfloat16, torch.float16, torch.float32
    midpoints = bnb.get_4bit_type("fp4", device="cpu").float().sort().values
    cpu_fp4 = ((midpoints[:-1] + midpoints[1:]) / 2).numpy()
    gpu_fp4 = np.concatenate([-gpu_rule.FP4_THRESHOLDS[::-1], gpu_rule.FP4_THRESHOLDS])
    negative_zero = lcg((4, 64), 71, 1.0)
    negative_zero[1] = -0.0
    tie_row = torch.tensor([[127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5]], dtype=fp32)
    table = [
        ("straddle", 64, lcg((5, 100), 1), "blocks run over row ends; the last one has 52 weights"),
        ("odd", 64, lcg((3, 7), 2), "21 weights: one partial block, half a byte left over"),
        ("one", 64, lcg((1, 1), 3), "a single weight"),
        ("block32-fp16", 32, lcg((9, 33), 4, 2.0, fp16), "297 fp16 weights in blocks of 32"),
        ("block64-fp32", 64, lcg((4, 96), 5, 1.0, fp32), "fp32 weights"),
        ("block128-fp16", 128, lcg((6, 128), 6, 0.1, fp16), "one block to a row"),
        ("block128-fp32", 128, lcg((7, 45), 7, 30.0, fp32), "315 fp32 weights"),
        ("block4096", 4096, lcg((3, 1500), 8), "one whole block and 404 weights"),
        ("block4096-short", 4096, lcg((3, 5), 9), "less than one block, odd"),
        ("zero-blocks", 64, with_zeros(lcg((4, 64), 10), (0, 64), (128, 192)),
         "blocks 0 and 2 are zero"),
        ("negative-zero", 64, negative_zero, "block 1 is all -0.0"),
        ("zero-partial", 64, with_zeros(lcg((2, 40), 11), (64, 80)),
         "the partial last block is zero"),
        ("zero-partial-odd", 64, with_zeros(lcg((3, 25), 12), (64, 75)),
         "the same with an odd number of weights"),
        ("nf4-thresholds", 64, threshold_block(gpu_rule.NF4_THRESHOLDS),
         "every NF4 threshold and the float32 numbers next to it; maximum 1"),
        ("fp4-cpu-thresholds", 64, threshold_block(cpu_fp4),
         "every FP4 midpoint of the CPU backend and its neighbours; maximum 1"),
        ("fp4-gpu-thresholds", 64, threshold_block(gpu_fp4),
         "every FP4 threshold of the CUDA kernel and its neighbours; maximum 1"),
        ("outlier", 64, with_zeros(lcg((2, 64), 13), (5, 6)).index_put(
            (torch.tensor([0]), torch.tensor([5])), torch.tensor(-300.0, dtype=bf16)),
         "one weight a thousand times larger than the rest"),
        ("subnormal", 64, torch.full((1, 64), 2.0**-130, dtype=bf16),
         "a block whose maximum is a subnormal float32; the CPU backend treats it as 1e-38 but "
         "stores the maximum"),
        ("spread", 64, spread_rows(300, 64, 14), "300 blocks: two groups of scales"),
        ("int8-ties", 64, tie_row, "row scale 127, so every half is a tie: to even"),
        ("int8-zero-row", 64, with_zeros(lcg((4, 24), 15), (24, 48)), "row 1 is zero"),
        ("int8-fp16-underflow", 64, torch.tensor([[1.0, 1e-8, -1e-8, 2.0**-24]], dtype=fp32),
         "values that vanish or become subnormal in fp16"),
    ]
    tensors, notes = {}, {}
    for name, size, source, why in table:
        note = {"about": why, "shape": list(source.shape), "block_size": size,
                "dtype": str(source.dtype).removeprefix("torch.")}
        tensors[f"{name}.source"] = source.contiguous().clone()
        if name.startswith("int8-") or name in ("straddle", "odd", "block128-fp32"):
            put(tensors, f"{name}.int8", int8_row(source))
        if not name.startswith("int8-"):
            for kind in ("nf4", "fp4"):
                real = four_bit(source, kind, size)
                put(tensors, f"{name}.{kind}", real)
                rule, sensitivity = gpu_four_bit(source, kind, size)
                differing = int((nibbles(rule["codes"]) != nibbles(real["codes"])).sum())
                note[f"{kind}_codes_different_from_cpu"] = differing
                if sensitivity:
                    note[f"{kind}_bytes_sensitive_to_reciprocal"] = sensitivity
                # A subnormal maximum is flushed to zero on a GPU: not emulated.
                if name != "subnormal" and (kind == "fp4" or differing):
                    put(tensors, f"{name}.{kind}_gpu", rule)
            if name in ("one", "odd", "straddle", "spread", "zero-blocks"):
                double = four_bit(source, "nf4", size, double=True)
                assert torch.equal(double.pop("codes"), tensors[f"{name}.nf4.codes"])
                put(tensors, f"{name}.nf4_dq", double)
                rule = gpu_scales(tensors[f"{name}.nf4.scales"], codebook)
                put(tensors, f"{name}.nf4_dq_gpu", rule)
                note["scale_codes_different_from_cpu"] = int(
                    (rule["scale_codes"] != double["scale_codes"]).sum())
        notes[name] = note
    save("cases.safetensors", tensors, {"cases": notes})
    for name, note in notes.items():
        print(f"  {name}:", {k: v for k, v in note.items() if "different" in k or "sensi" in k})


def codebooks():
    tables = {
        "nf4": bnb.get_4bit_type("nf4", device="cpu").float(),
        "fp4": bnb.get_4bit_type("fp4", device="cpu").float(),
        "dynamic": bnb.create_dynamic_map().float(),
    }
    expected = "e732639a65f497b4"
    got = digest(tables["dynamic"])
    if got != expected:
        raise SystemExit(f"dynamic codebook: SHA-256 begins {got}, expected {expected}")
    save("codebooks.safetensors", tables, {
        "nf4": "code to value", "fp4": "code to value",
        "dynamic": "code to value, of double-quantized scales; from torch with AVX2 or AVX-512"})
    return tables["dynamic"].numpy()


if __name__ == "__main__":
    codebook = codebooks()
    big_square(codebook)
    cases(codebook)
