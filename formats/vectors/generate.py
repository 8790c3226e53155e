#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes valid/, invalid/ and README.md: golden .tone files and the numbers that they hold.

It also writes the worked example of formats/tone.md.

    generate.py [--halftone PROGRAM]      needs numpy and zstandard; the program makes valid/quantize-*.tone

The other files are written here, by formats/tone.md alone, and the expected numbers are computed from the original
arrays by the rules of each scheme (schemes.py), not by the decoding rule that readers follow.
"""
import argparse, json, subprocess, tempfile
from pathlib import Path
import numpy as np
import grids as g
import invalid
import schemes as s
from tone_builder import Tone, bits_of, safetensors

F = np.float32
HERE = Path(__file__).parent
random = np.random.default_rng(20261122)
README = """# Golden vectors of the `.tone` container

`generate.py` makes everything here, this page too: `python3 generate.py --halftone PROGRAM`, with numpy and zstandard; without the
program the `quantize-*` files stay as they are. `ContainerTests` compares both readers, ours and `examples/read_tone.py`, with them.

## valid

Beside each file `NAME.tone` stands `NAME.safetensors`: the numbers of its tensors as F32, to be met bit for bit. Tensors that have no
numbers are not in it.

| file | what it holds |
| --- | --- |
{valid}

## invalid

Each is a valid file with one thing wrong, its checksums made again unless they are what is wrong. The error is the case of
`ContainerError` with which opening the model, checking all of it or reading all tensors ends.

| file | what is wrong | error |
| --- | --- | --- |
{invalid}
"""


def normal(*shape):
    return (random.standard_normal(shape) * 0.04).astype(F)


def bf16(array):
    """Binary32 rounded to bf16, to nearest even, as u16."""
    bits = array.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def widened(words):
    return (words.astype(np.uint32) << 16).view(F)


def each(values, block, count):
    return np.repeat(values, block)[:count]


def scales_operand(tone, name, weights, block, double):
    """The operand that stands for the scales, and the scales that it gives."""
    scales = s.absmax(weights, block)
    if not double:
        return {"component": tone.component("scales", "F32", scales.shape, scales)}, scales
    codes, groups, offset, codebook, restored = s.double_quantized(scales)
    return {"component": tone.component("scale_codes", "U8", codes.shape, codes), "steps": [
        {"op": "lookup", "with": {"component": tone.component("scale_codebook", "F32", [256], codebook)}},
        {"op": "multiply", "with": {"component": tone.component("group_scales", "F32", groups.shape, groups)}, "block": 256},
        {"op": "add", "with": {"component": tone.component("scale_offset", "F32", [1], offset)}}]}, restored


def add_scheme(tone, name, weights, scheme, block, coding=(), frame_bytes=None):
    base, double = scheme.removesuffix("+dq"), scheme.endswith("+dq")
    n, shape = weights.size, weights.shape
    if base in ("nf4", "fp4"):
        table = s.NF4 if base == "nf4" else s.FP4
        codes = (s.nf4_codes if base == "nf4" else s.fp4_codes)(weights, block)
        pad = [7 if base == "nf4" else 0] * (n % 2)
        packed = bits_of(np.concatenate([codes, pad]), 4, "high")
        at = tone.component("codes", "U8", [len(packed)], packed, coding, frame_bytes)
        codebook = tone.component("codebook", "F32", [16], table)
        operand, scales = scales_operand(tone, name, weights, block, double)
        encoding = {"component": at, "bits": 4, "order": "high", "steps": [
            {"op": "lookup", "with": {"component": codebook}}, {"op": "multiply", "with": operand, "block": block}]}
        expected = table[codes] * each(scales, block, n)
    elif base in ("int8", "int8-row"):
        if base == "int8-row":
            weights, block = weights.astype(np.float16).astype(F), shape[-1]
        codes = s.int8_codes(weights, block)
        at = tone.component("codes", "I8", shape, codes, coding, frame_bytes)
        step = np.array([F(1) / F(127)], F)
        operand, scales = scales_operand(tone, name, weights, block, double)
        encoding = {"component": at, "steps": [
            {"op": "multiply", "with": operand, "block": block},
            {"op": "multiply", "with": {"component": tone.component("step", "F32", [1], step)}}]}
        expected = (codes.astype(F) * each(scales, block, n)).astype(F) * step[0]
    else:
        codes, scales, zeros = s.int4(weights, block)
        packed, packed_zeros = bits_of(codes, 4, "high"), bits_of(zeros, 4, "high")
        at = tone.component("codes", "U8", [len(packed)], packed, coding, frame_bytes)
        encoding = {"component": at, "bits": 4, "order": "high", "steps": [
            {"op": "subtract", "block": block, "with": {
                "component": tone.component("zeros", "U8", [len(packed_zeros)], packed_zeros), "bits": 4, "order": "high"}},
            {"op": "multiply", "block": block, "with": {"component": tone.component("scales", "F32", scales.shape, scales)}}]}
        expected = (codes.astype(F) - each(zeros, block, n)) * each(scales, block, n)
    tone.tensor(name, "F32", shape, scheme, encoding, expected.astype(F))


def add_grid(tone, name, words, scheme):
    """A tensor of bf16 weights, given as u16."""
    weights, block = widened(words), {"fp8": words.shape[-1], "nvfp4": 16, "mxfp4": 32}[scheme]
    n, shape = weights.size, weights.shape
    if scheme == "fp8":
        codes, scales = g.fp8(weights, lambda a: widened(bf16(a)))
        encoding = {"component": tone.component("codes", "F8_E4M3", shape, codes), "steps": [
            {"op": "multiply", "block": block, "with": {
                "component": tone.component("scales", "BF16", scales.shape, bf16(scales))}}]}
        values = g.E4M3[codes & 127] * np.where(codes & 128, F(-1), F(1))
    else:
        codes, scale_codes, *whole = g.nvfp4(weights) if scheme == "nvfp4" else g.mxfp4(weights)
        at = tone.component("codes", "U8", [n // 2], bits_of(codes, 4, "low"))
        kind = "F8_E4M3" if whole else "F8_E8M0"
        operand = {"component": tone.component("scales", kind, scale_codes.shape, scale_codes)}
        scales = g.E4M3[scale_codes] if whole else (2.0 ** (scale_codes.astype(int) - 127)).astype(F)
        if whole:
            operand["steps"] = [{"op": "multiply", "with": {"component": tone.component("tensor_scale", "F32", [1], whole[0])}}]
            scales = (scales * whole[0]).astype(F)
        encoding = {"component": at, "bits": 4, "order": "low", "steps": [
            {"op": "lookup", "with": {"component": tone.component("codebook", "F32", [16], g.E2M1)}},
            {"op": "multiply", "with": operand, "block": block}]}
        values = g.E2M1[codes]
    tone.tensor(name, "BF16", shape, scheme, encoding, (values * each(scales, block, n)).astype(F))


def grid_files():
    """With a generator of their own, so that they change no other file."""
    own = np.random.default_rng(20261124)
    for scheme in ["fp8", "nvfp4", "mxfp4"]:
        tone = Tone()
        for rows, columns in [(5, 96), (1, 32), (3, 160)]:
            words = bf16((own.standard_normal((rows, columns)) * 0.04).astype(F))
            flat = words.reshape(-1)
            flat[:32] = 0
            # Powers of two, halves between codes, and the least bf16 numbers of both signs.
            flat[32:48] = bf16(np.array([6, -5, 3.5, 2.5, -1.75, 1.25, 0.75, -0.25, 0.25, 7, -6.5, 448, 1e-9, -1e-9, -0.0, 0], F)[:len(flat[32:48])])
            flat[-2:] = [1, 0x8001]
            add_grid(tone, f"{rows} by {columns}", words, scheme)
        yield scheme, tone.build(), tone.expected, f"{scheme}: a block of zeros, halves between codes, subnormal weights"
    tone = Tone()
    numbers, divisors = own.standard_normal(40).astype(F), own.standard_normal(8).astype(F)
    at, by = tone.component("numbers", "F32", [40], numbers), tone.component("divisors", "F32", [8], divisors)
    tone.tensor("divided", "F32", [40], "later", {"component": at, "steps": [
        {"op": "divide", "with": {"component": by}, "block": 5}]}, (numbers / each(divisors, 5, 40)).astype(F))
    tone.tensor("divided twice", "F32", [40], "later", {"component": at, "steps": [
        {"op": "divide", "with": {"component": by, "steps": [{"op": "divide", "with": {"component": at}}]}, "block": 5}]},
        (numbers / each((divisors / numbers[0]).astype(F), 5, 40)).astype(F))
    yield "divide", tone.build(), tone.expected, "the operation `divide`, also in an operand"


def special(*shape):
    """Weights with a block of zeros, an outlier, and ties."""
    weights = normal(*shape)
    flat = weights.reshape(-1)
    flat[:32] = 0
    flat[40:43] = [3, -3, 1.5]
    return weights


def scheme_files():
    for scheme in ["nf4", "fp4", "int8", "int8-row", "int4"]:
        tone = Tone()
        add_scheme(tone, "short", normal(3, 5), scheme, 32)
        add_scheme(tone, "straddling", special(7, 37), scheme, 32)
        add_scheme(tone, "odd", normal(5, 129), scheme, 64)
        add_scheme(tone, "long", normal(2, 2500), scheme, 4096)
        add_scheme(tone, "cube", normal(3, 3, 8), scheme, 128)
        add_scheme(tone, "one", normal(1), scheme, 64)
        yield scheme, tone.build(), tone.expected, f"{scheme}: blocks of 32 to 4096 that straddle rows and end short"
    for scheme in ["nf4+dq", "fp4+dq", "int8+dq", "int8-row+dq"]:
        tone = Tone()
        add_scheme(tone, "short", normal(3, 5), scheme, 32)
        add_scheme(tone, "two groups", normal(300, 28) if scheme == "int8-row+dq" else normal(3, 2801), scheme, 32)
        yield scheme.replace("+", "-"), tone.build(), tone.expected, f"{scheme}: one group, and two of which one is short"


def plain_file():
    tone = Tone()
    def keep(name, kind, array, expected, shape=None):
        shape = array.shape if shape is None else shape
        tone.tensor(name, kind, shape, kind.lower(), {"component": tone.component(name, kind, shape, array)}, expected)
    half = np.array([[1, -2.5, 65504], [6e-8, -0.0, np.inf]], np.float16)
    keep("f16", "F16", half, half.astype(F))
    words = bf16(np.array([1, -0.04, 3e38, 1e-40, -0.0], F))
    keep("bf16", "BF16", words, widened(words))
    single = np.array([[1.1, -1e-45], [3.4e38, np.inf]], F)
    keep("f32", "F32", single, single)
    double = np.array([1.1, 1 + 2**-24, 1 + 3 * 2**-24, 1e-46, -1e39], np.float64)
    with np.errstate(over="ignore"):
        keep("f64", "F64", double, double.astype(F))
    for kind, dtype in [("I8", "i1"), ("U8", "u1"), ("I16", "<i2"), ("U16", "<u2"), ("I32", "<i4"), ("U32", "<u4"),
                        ("I64", "<i8"), ("U64", "<u8")]:
        info = np.iinfo(dtype)
        # 2^24 + 1 and 2^24 + 3 lie halfway between two binary32 numbers.
        values = [v for v in [info.min, info.max, 0, 1, 77, 2**24 + 1, 2**24 + 3, 2**53 + 1] if info.min <= v <= info.max]
        keep(kind.lower(), kind, np.array(values, dtype), [F(float(v)) if abs(v) < 2**53 else nearest(v) for v in values])
    keep("bool", "BOOL", np.array([0, 1, 1, 0], np.uint8), [0, 1, 1, 0])
    codes = np.array([0, 1, 0x38, 0x7E, 0x81, 0xB8], np.uint8)
    keep("f8_e4m3", "F8_E4M3", codes, [0, 2**-9, 1, 448, -2**-9, -1])
    keep("f8_e4m3fnuz", "F8_E4M3FNUZ", codes, [0, 2**-10, 0.5, 224, -2**-10, -0.5])
    codes = np.array([0, 1, 0x3C, 0x7B, 0x81, 0xBC], np.uint8)
    keep("f8_e5m2", "F8_E5M2", codes, [0, 2**-16, 1, 57344, -2**-16, -1])
    keep("f8_e5m2fnuz", "F8_E5M2FNUZ", codes, [0, 2**-17, 0.5, 28672, -2**-17, -0.5])
    keep("f8_e8m0", "F8_E8M0", np.array([0, 127, 254], np.uint8), [2.0**-127, 1, 2.0**127])
    keep("scalar", "F32", np.array([0.7], F), 0.7, [])
    keep("empty", "F32", np.array([], F), [], [0])
    keep("empty rows", "BF16", np.array([], F), [], [4, 0, 3])
    keep("complex", "C64", np.array([1, 2], F), None, [1])
    keep("f4", "F4", np.array([0x12, 0x34], np.uint8), None, [4])
    keep("f6", "F6_E2M3", np.array([1, 2, 3], np.uint8), None, [2, 2])
    return "plain", tone.build(), tone.expected, "every element type, a single number, empty tensors; `complex`, `f4`, `f6` carried"


def nearest(value):
    """A whole number beyond 2^53, rounded once to binary32."""
    magnitude = abs(value)
    shift = max(0, magnitude.bit_length() - 24)
    low, rest = magnitude >> shift, magnitude & (1 << shift) - 1
    half = 1 << shift >> 1
    low += rest > half or (rest == half and low & 1)
    return F(float(low << shift)) * (1 if value >= 0 else -1)


def frames_file():
    tone = Tone()
    words, single = bf16(normal(30, 40)), normal(6, 100)
    half = normal(700).astype(np.float16)
    cases = [("planes2 zstd", "BF16", words, widened(words), ["planes2", "zstd"], 1022),
             ("planes4 zstd", "F32", single, single, ["planes4", "zstd"], 1000),
             ("planes2", "F16", half, half.astype(F), ["planes2"], 512), ("zstd", "F32", single, single, ["zstd"], 333),
             ("raw", "F32", single, single, [], 334), ("one byte", "F32", single[:1, :3], single[:1, :3], [], 1)]
    for name, kind, array, expected, coding, frame_bytes in cases:
        at = tone.component(name, kind, array.shape, array, coding, frame_bytes)
        tone.tensor(name, kind, array.shape, kind.lower(), {"component": at}, expected)
    add_scheme(tone, "nf4 in frames", normal(11, 91), "nf4", 32, ["zstd"], 99)
    add_scheme(tone, "int8 in frames", normal(11, 91), "int8", 32, [], 99)
    # Coded frames stand backwards and between others; those of raw components stay together.
    order, coded = [], []
    for component in tone.components:
        run = range(component["first_frame"], component["first_frame"] + component["frame_count"])
        (coded if component["coding"] else order).extend(run)
    yield_order = coded[::-1][:7] + order + coded[::-1][7:]
    tone.asset("config.json", b'{"model_type":"none"}')
    yield_order.append(len(tone.frames) - 1)
    return "frames", tone.build(order=yield_order), tone.expected, "several frames to a component, every coding, frames out of order"


def bits_file():
    tone = Tone()
    for width in range(1, 8):
        for order in ["high", "low"]:
            values = random.integers(0, 2**width, 101)
            packed = bits_of(values, width, order)
            at = tone.component("codes", "U8", [len(packed)], packed)
            tone.tensor(f"{width} {order}", "F32", [101], "packed", {"component": at, "bits": width, "order": order}, values)
    values = random.integers(0, 8, 333)
    at = tone.component("codes", "U8", [125], bits_of(values, 3, "low"), ["zstd"], 7)
    tone.tensor("3 low in frames", "F32", [333], "packed", {"component": at, "bits": 3, "order": "low"}, values)
    return "bits", tone.build(), tone.expected, "packed numbers of 1 to 7 bits, both orders, across bytes and frames"


def codebooks_file():
    tone = Tone()
    books, codes = normal(7, 4), random.integers(0, 4, (13, 5))
    book_at = tone.component("codebooks", "F32", [7, 4], books)
    at = tone.component("codes", "U8", [17], bits_of(codes, 2, "high"))
    picked = books[np.arange(65) // 10, codes.ravel()]
    tone.tensor("per block", "F32", [13, 5], "vq", {"component": at, "bits": 2, "order": "high", "steps": [
        {"op": "lookup", "with": {"component": book_at}, "block": 10}]}, picked)
    factors = normal(7)
    scaled = books * factors[:, None]
    tone.tensor("scaled codebooks", "F32", [13, 5], "vq", {"component": at, "bits": 2, "order": "high", "steps": [
        {"op": "lookup", "block": 10, "with": {"component": book_at, "steps": [
            {"op": "multiply", "block": 4, "with": {"component": tone.component("factors", "F32", [7], factors)}}]}}]},
        scaled[np.arange(65) // 10, codes.ravel()])
    small = np.array([3, 9, 14, 0], np.uint8)
    packed_book = tone.component("codebook", "U8", [4], np.concatenate([np.frombuffer(bits_of(small, 4, "low"), np.uint8), small[:2]]))
    tone.tensor("packed codebook", "F32", [13, 5], "vq", {"component": at, "bits": 2, "order": "high", "steps": [
        {"op": "lookup", "with": {"component": packed_book, "bits": 4, "order": "low"}}]}, small[codes])
    wide = random.integers(0, 300, 40).astype("<u2")
    table = normal(300)
    tone.tensor("wide codes", "F32", [40], "vq", {"component": tone.component("codes", "U16", [40], wide), "steps": [
        {"op": "lookup", "with": {"component": tone.component("codebook", "F32", [300], table)}}]}, table[wide])
    signed = (normal(20) * 0 + np.arange(20) % 3).astype(np.int8)
    float_codes = tone.component("codes", "F32", [20], signed.astype(F))
    tone.tensor("codes that are floats", "F32", [20], "vq", {"component": float_codes, "steps": [
        {"op": "lookup", "with": {"component": book_at}}]}, books.ravel()[signed])
    return "codebooks", tone.build(), tone.expected, "a codebook for each block, with steps of its own, packed, with 300 entries"


def steps_file():
    tone = Tone()
    values, thirds, fifths, one = normal(50), normal(17), normal(10), normal(1)
    at = tone.component("numbers", "F32", [50], values)
    t, f, o = (tone.component("operand", "F32", a.shape, a) for a in (thirds, fifths, one))
    expected = ((values - each(thirds, 3, 50)) * each(fifths, 5, 50) + one[0]).astype(F)
    tone.tensor("odd blocks", "F32", [50], "affine", {"component": at, "steps": [
        {"op": "subtract", "with": {"component": t}, "block": 3}, {"op": "multiply", "with": {"component": f}, "block": 5},
        {"op": "add", "with": {"component": o}}]}, expected)
    tone.tensor("one block", "F32", [50], "affine", {"component": at, "steps": [
        {"op": "multiply", "with": {"component": o}, "block": 2**62}]}, values * one[0])
    tone.tensor("by each other", "F32", [5, 10], "affine", {"component": at, "steps": [
        {"op": "multiply", "with": {"component": at}, "block": 1}]}, values * values)
    nested, expected = {"component": o}, one[0]
    for _ in range(7):
        nested = {"component": o, "steps": [{"op": "add", "with": nested}]}
        expected = F(one[0] + expected)
    tone.tensor("eight deep", "F32", [1], "affine", nested, expected)
    sixteen, expected = {"component": at, "steps": [{"op": "multiply", "with": {"component": o}}] * 16}, values
    for _ in range(16):
        expected = (expected * one[0]).astype(F)
    tone.tensor("sixteen steps", "F32", [50], "affine", sixteen, expected)
    signed = random.integers(-128, 128, 99).astype(np.int8)
    codes = tone.component("codes", "I8", [99], signed)
    tone.tensor("int8 by threes", "F32", [99], "affine", {"component": codes, "steps": [
        {"op": "multiply", "with": {"component": at}, "block": 3}]}, signed.astype(F) * each(values, 3, 99))
    nibbles = random.integers(0, 16, 51)
    packed = tone.component("codes", "U8", [26], bits_of(nibbles, 4, "high"))
    zeros = tone.component("zeros", "U8", [9], bits_of(nibbles[:17], 4, "high"))
    tone.tensor("uint4 by threes", "F32", [51], "affine", {"component": packed, "bits": 4, "order": "high", "steps": [
        {"op": "subtract", "with": {"component": zeros, "bits": 4, "order": "high"}, "block": 3},
        {"op": "multiply", "with": {"component": t}, "block": 3}]},
        (nibbles - each(nibbles[:17], 3, 51)).astype(F) * each(thirds, 3, 51))
    tone.tensor("nothing", "F32", [0], "affine", {"component": at, "steps": [
        {"op": "multiply", "with": {"component": o}, "block": 4}]}, [])
    return "steps", tone.build(), tone.expected, "steps with blocks of 1, 3, 5 and 2^62, 8 deep, 16 in a row, on no numbers"


def tolerant_files():
    tone = Tone()
    add_scheme(tone, "w", normal(4, 40), "nf4", 32)
    def extend(tree):
        tree["later"] = {"anything": [1.5, None, {"a": {}}]}
        tree["provenance"]["recipe"] = None
        tree["part"]["name"] = "x"
        for entry in tree["components"] + tree["tensors"]:
            entry["later"] = "ignored"
        tree["tensors"][0].update(reason=None, statistics=None)
        tree["tensors"][0]["encoding"]["steps"][0]["block"] = None
    yield "minor-version", tone.build(version=(1, 7), directory=extend), tone.expected, \
        "minor version 7, names that no version knows, optional names that are null"
    tone = Tone()
    add_scheme(tone, "w", normal(4, 40), "int8", 32)
    for name in ["config.json", "tokenizer.json", "empty.txt", "ünï çödé.txt"]:
        tone.asset(name, b"" if name == "empty.txt" else b'{"name":"%s"}' % name.encode())
    yield "compressed-directory", tone.build(compressed=True), tone.expected, "the directory as a zstd frame; assets, one of them empty"
    yield "nothing", Tone().build(), {}, "no tensors, no components, no assets"
    unknown = Tone()
    add_scheme(unknown, "w", normal(4, 40), "nf4", 32)
    at = unknown.component("codes", "U8", [9], bytes(range(9)), ["entropy9"])
    unknown.tensor("later", "F32", [9], "later", {"component": at})
    later = Tone()
    add_scheme(later, "w", np.linspace(-1, 1, 160, dtype=F).reshape(4, 40), "nf4", 32)
    bare, nested = {"component": 0}, {"component": 0, "steps": [{"op": "squeeze", "amount": 2}]}
    for name, encoding in [
        ("operation", {"component": 0, "steps": [{"op": "remainder", "with": [1, "2"], "block": -1}]}),
        ("operand", {"component": 0, "steps": [{"op": "add", "with": bare}, {"op": "multiply", "with": nested}]}),
        ("order", {"component": 0, "bits": 2, "order": "middle"}), ("name", {"blocks": "q9", "components": [0, 1]}),
        ("step", {"component": 0, "steps": [{"op": "add", "with": bare, "every": None}]})]:
        later.tensor(name, "F32", [9000], "later", encoding)
    yield "unknown-encoding", later.build(), later.expected, \
        "five tensors whose encodings have names, operations or an order that no version knows; `w` can be read"
    yield "unknown-coding", unknown.build(), unknown.expected, "`later` has a coding that no version knows; `w` can be read"


def parts():
    first, second = Tone(1, 2), Tone(2, 2)
    add_scheme(first, "a", normal(4, 40), "nf4", 32)
    add_scheme(second, "b", normal(4, 41), "int8", 32)
    first.asset("config.json", b"{}")
    for index, tone in [(1, first), (2, second)]:
        yield f"parts-0000{index}-of-00002", tone.build(), {**first.expected, **second.expected}, \
            f"part {index} of a set of two; the expected numbers are those of both"


def quantized_by(program):
    """What `halftone quantize` writes of a small model, and what the rules say that it restores."""
    name = "model.layers.0.mlp.down_proj.weight"
    words, norm, bias = bf16(normal(13, 77)), bf16(normal(77)), normal(13)
    weights = widened(words)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "model"
        source.mkdir()
        (source / "config.json").write_text(json.dumps({"model_type": "vector"}))
        (source / "model.safetensors").write_bytes(safetensors({
            name: ("BF16", words), "model.norm.weight": ("BF16", norm), "model.layers.0.mlp.down_proj.bias": bias}))
        for scheme in ["nf4", "fp4", "int8", "int8-row", "int4", "nf4+dq", "int8+dq", "f16"]:
            base, target = scheme.removesuffix("+dq"), Path(folder) / f"{scheme}.tone"
            command = [program, "quantize", source, "-o", target, "--scheme", base]
            command += [] if base in ("int8-row", "f16") else ["--block-size", "32"]
            command += ["--double-quant"] if scheme.endswith("+dq") else []
            subprocess.run(command, check=True, capture_output=True)
            if scheme == "f16":
                restored = weights.astype(np.float16).astype(F)
            else:
                tone = Tone()
                add_scheme(tone, name, weights, scheme, 32)
                restored = tone.expected[name]
            expected = {name: restored, "model.norm.weight": widened(norm), "model.layers.0.mlp.down_proj.bias": bias}
            yield f"quantize-{scheme.replace('+', '-')}", target.read_bytes(), expected, \
                f"written by `halftone quantize --scheme {base}{' --double-quant' if scheme != base else ''}`"
        words = bf16((np.random.default_rng(20261125).standard_normal((13, 96)) * 0.04).astype(F))
        (source / "model.safetensors").write_bytes(safetensors({name: ("BF16", words)}))
        for scheme in ["fp8", "nvfp4", "mxfp4"]:
            target = Path(folder) / f"{scheme}.tone"
            subprocess.run([program, "quantize", source, "-o", target, "--scheme", scheme], check=True, capture_output=True)
            tone = Tone()
            add_grid(tone, name, words, scheme)
            yield f"quantize-{scheme}", target.read_bytes(), tone.expected, f"written by `halftone quantize --scheme {scheme}`"


def worked_example():
    """The file that formats/tone.md takes apart, as an annotated dump."""
    tone = Tone()
    add_scheme(tone, "w", invalid.W.reshape(2, 4), "nf4", 32)
    tone.part["set"] = "00000000"
    data = tone.build(directory=lambda tree: tree.update(tool="by hand"))
    table, directory, end = 196, 196 + 48, len(data) - 64
    # where a line begins, and what it holds
    notes = {0: "magic, version 1.0, 48 reserved bytes", 60: "header CRC", 64: "frame 0: codes F0 7C A4 92",
             68: "gap", 128: "frame 1: the codebook, 16 numbers", 192: "frame 2: one scale, 1.0",
             table: "frame 0: at 64, 4 bytes, CRC", table + 16: "frame 1: at 128, 64 bytes", table + 32: "frame 2: at 192, 4 bytes",
             directory: None, end: f"file length {len(data)}, frame table at {table}",
             end + 16: f"directory at {directory}, {end - directory} bytes", end + 32: "3 frames, stored directory length, CRC of the table",
             end + 44: "directory CRC, coding 0, reserved", end + 56: "trailer CRC, end mark"}
    assert data[64:68].hex() == "f07ca492", data[64:68].hex()
    starts, lines, note = sorted(notes) + [len(data)], [], ""
    for begin, stop in zip(starts, starts[1:]):
        for at in range(begin, stop, 16):
            piece = data[at:min(at + 16, stop)]
            note = piece.decode() if notes[begin] is None else notes[begin] if at == begin else ""
            lines.append(f"    {at:04X}  {piece.hex(' ').upper():<47}  {note}".rstrip())
    weights = ", ".join(str(v) for v in tone.expected["w"].ravel())
    return "\n".join(lines) + f"\n\nThe weights that it gives are `{weights}`.\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halftone", help="without it, the files that it made stay as they are")
    options = parser.parse_args()
    valid = HERE / "valid"
    valid.mkdir(exist_ok=True)
    cases = [*scheme_files(), plain_file(), frames_file(), bits_file(), codebooks_file(), steps_file(), *tolerant_files(), *parts(), *grid_files()]
    if options.halftone:
        cases += quantized_by(options.halftone)
    rows = []
    for name, data, expected, about in cases:
        assert len(data) < 20_000, (name, len(data))
        (valid / f"{name}.tone").write_bytes(data)
        (valid / f"{name}.safetensors").write_bytes(safetensors(expected))
        rows.append(f"| `{name}.tone` | {about} |")
    if not options.halftone:
        rows += [row for row in (HERE / "README.md").read_text().splitlines() if row.startswith("| `quantize-")]
    refused = invalid.write(HERE / "invalid")
    document, begin, end = HERE.parent / "tone.md", "<!-- worked-example -->\n", "<!-- end of worked-example -->\n"
    before, _, rest = document.read_text().partition(begin)
    document.write_text(before + begin + "\n" + worked_example() + end + rest.partition(end)[2])
    (HERE / "README.md").write_text(README.format(valid="\n".join(rows), invalid="\n".join(refused)))


if __name__ == "__main__":
    main()
