# SPDX-License-Identifier: Apache-2.0
"""The files of invalid/: each is a valid file with one thing wrong. generate.py calls write()."""
import struct
import numpy as np, zstandard
import schemes
from tone_builder import Tone, bits_of

W = np.array([1, -1, 0, 0.5, 0.25, -0.25, 0.125, -0.5], np.float32)


def base(index=1, count=1, change=None):
    """A file with tensors `w` (nf4: components 0 to 2) and `k` (zstd, 3), an asset (4) and a raw component of two frames (5)."""
    tone = Tone(index, count)
    codes = tone.component("codes", "U8", [4], bits_of(schemes.nf4_codes(W, 32), 4, "high"))
    codebook = tone.component("codebook", "F32", [16], schemes.NF4)
    scales = tone.component("scales", "F32", [1], np.ones(1, np.float32))
    tone.tensor("w", "F32", [2, 4], "nf4", {"component": codes, "bits": 4, "order": "high", "steps": [
        {"op": "lookup", "with": {"component": codebook}}, {"op": "multiply", "with": {"component": scales}, "block": 32}]})
    kept = tone.component("k", "F32", [64], np.arange(64, dtype=np.float32), ["planes4", "zstd"], 128)
    tone.tensor("k", "F32", [64], "f32", {"component": kept})
    if index == 1:
        tone.asset("config.json", b"{}")
    else:
        tone.component("nothing", "U8", [2], b"{}")
    raw = tone.component("r", "F32", [20], np.arange(20, dtype=np.float32), [], 64)
    tone.tensor("r", "F32", [20], "f32", {"component": raw})
    if change:
        change(tone)
    return tone


def setting(path, value):
    """A hook that puts a value into the directory; a path is names and positions."""
    def hook(tree):
        for key in path[:-1]:
            tree = tree[key]
        tree[path[-1]] = value
    return hook


def without(*path):
    def hook(tree):
        for key in path[:-1]:
            tree = tree[key]
        del tree[path[-1]]
    return hook


def byte(at, mask=1):
    def hook(data):
        data[at] ^= mask
        return data
    return hook


def field(name, change):
    def hook(fields):
        fields[name] = change(fields[name])
    return hook


def frame(number, part, change):
    def hook(entries):
        entries[number][part] = change(entries[number][part])
    return hook


def in_frame(number, change):
    """A tone whose stored frame is replaced before its checksum is made."""
    def hook(tone):
        piece, aligned = tone.frames[number]
        tone.frames[number] = (change(piece), aligned)
    return base(change=hook).build()


def nested(depth):
    encoding = {"component": 2}
    for _ in range(depth - 1):
        encoding = {"component": 2, "steps": [{"op": "add", "with": encoding}]}
    return encoding


def cases():
    """(name, bytes, error, what is wrong)"""
    whole = base().build()
    directory_at, = struct.unpack_from("<Q", whole, len(whole) - 48)
    table_at, = struct.unpack_from("<Q", whole, len(whole) - 56)
    frame_at = [struct.unpack_from("<Q", whole, table_at + 16 * i)[0] for i in range(7)]
    packed = base().build(compressed=True)
    encoding, component = ["tensors", 0, "encoding"], ["components", 0]
    b = lambda **hooks: base().build(**hooks)

    def cut(name, size, error, about):
        return name, whole[:size], error, f"ends after byte {size}: {about}"

    yield "empty", b"", "notTone", "no bytes"
    yield cut("cut-in-magic", 7, "notTone", "in the magic")
    yield cut("cut-in-header", 40, "tooShort", "in the header")
    yield cut("cut-after-header", 64, "tooShort", "nothing but a header")
    yield cut("cut-in-frames", frame_at[1] + 3, "noTrailer", "in a frame")
    yield cut("cut-in-table", table_at + 20, "noTrailer", "in the frame table")
    yield cut("cut-in-directory", directory_at + 200, "noTrailer", "in the directory")
    yield cut("cut-in-trailer", len(whole) - 1, "noTrailer", "in the trailer")
    yield "header-only-twice", whole[:64] * 2, "noTrailer", "a header where the trailer belongs"
    yield "longer", whole[:-64] + bytes(8) + whole[-64:], "wrongLength", "eight bytes more than the trailer says"

    yield "magic", b(file=byte(1)), "notTone", "`\\x89UONE…`"
    yield "line-ends", whole.replace(b"\r\n", b"\n", 1), "notTone", "sent as text: the magic's CR LF became LF"
    for name, at in [("header", 20), ("version", 8), ("header-checksum", 61)]:
        yield f"flip-{name}", b(file=byte(at)), "checksum", f"byte {at} flipped"
    for name, at in [("frame-raw", frame_at[0] + 1), ("frame-coded", frame_at[3] + 9), ("asset", frame_at[5])]:
        yield f"flip-{name}", b(file=byte(at)), "checksum", f"byte {at}, in a frame, flipped"
    yield "flip-gap", b(file=byte(frame_at[0] + 5)), "notZero", "a gap byte flipped"
    yield "flip-table", b(file=byte(table_at + 3)), "checksum", "a byte of the frame table flipped"
    yield "flip-directory", b(file=byte(directory_at + 30)), "checksum", "a byte of the directory flipped"
    yield "flip-trailer", b(file=byte(-64)), "checksum", "a byte of the trailer flipped"
    yield "flip-trailer-checksum", b(file=byte(-8)), "checksum", "a byte of the trailer's checksum flipped"
    yield "flip-end-mark", b(file=byte(-1)), "noTrailer", "the last byte flipped"

    yield "major-version", b(version=(2, 0)), "unknownVersion", "major version 2"
    yield "major-version-zero", b(version=(0, 9)), "unknownVersion", "major version 0"
    yield "header-reserved", b(header=lambda h: h.__setitem__(59, 1)), "notZero", "a reserved byte of the header set"
    yield "trailer-reserved", b(trailer=field("reserved", lambda v: 1)), "notZero", "the trailer's reserved field set"
    yield "directory-coding", b(trailer=field("coding", lambda v: 2)), "unknownCoding", "directory coding 2"
    yield "stated-length", b(trailer=field("length", lambda v: v + 1)), "wrongLength", "the trailer states a byte too many"
    yield "table-outside", b(trailer=field("table", lambda v: 2**63)), "misplaced", "the frame table is at 2^63"
    yield "table-in-header", b(trailer=field("table", lambda v: 48)), "misplaced", "the frame table begins in the header"
    yield "table-too-long", b(trailer=field("count", lambda v: 2**32 - 1)), "misplaced", "2^32 − 1 frames"
    yield "directory-elsewhere", b(trailer=field("directory", lambda v: v + 1)), "misplaced", "not where the table ends"
    yield "directory-short", b(trailer=field("stored", lambda v: v - 1)), "misplaced", "a byte between directory and trailer"
    yield "directory-huge", b(compressed=True, trailer=field("directory_length", lambda v: 2**30)), "directory", "claims 2^30 bytes"
    yield "directory-enormous", b(trailer=field("directory_length", lambda v: 2**64 - 1)), "directory", "claims 2^64 − 1 bytes"
    yield "directory-size", b(compressed=True, trailer=field("directory_length", lambda v: v + 1)), "directory", \
        "its zstd frame states another size"

    yield "json-garbage", b(text=lambda t: b"\x00\x01not JSON"), "directory", "no JSON"
    yield "json-empty", b(text=lambda t: b""), "directory", "an empty directory"
    yield "json-array", b(text=lambda t: b"[]"), "directory", "an array"
    yield "json-cut", b(text=lambda t: t[:-1]), "directory", "the last brace missing"
    yield "json-more", b(text=lambda t: t + b"{}"), "directory", "something behind the object"
    yield "json-mark", b(text=lambda t: b"\xef\xbb\xbf" + t), "directory", "a byte order mark"
    yield "json-not-utf8", b(text=lambda t: t.replace(b"vectors", b"vect\xff\xfes")), "directory", "not UTF-8"
    yield "json-name-twice", b(text=lambda t: t.replace(b'"tool":', b'"tool":"x","tool":')), "directory", "`tool` twice"
    yield "json-inner-name-twice", b(text=lambda t: t.replace(b'"scheme":', b'"scheme":"x","sch\\u0065me":', 1)), "directory", \
        "`scheme` twice in a tensor, once with an escape"
    yield "json-deep", b(text=lambda t: t.replace(b'"tool":', b'"x":' + b"[" * 99 + b"]" * 99 + b',"tool":')), "directory", \
        "arrays 99 deep, in a name that is ignored"
    yield "json-deepest", b(text=lambda t: b"[" * 9000), "directory", "9000 opening brackets"
    for name in ["tool", "part", "components", "tensors", "assets", "provenance"]:
        yield f"without-{name}", b(directory=without(name)), "directory", f"no `{name}`"
    yield "without-shape", b(directory=without("components", 1, "shape")), "directory", "a component without `shape`"
    yield "number-as-string", b(directory=setting(component + ["frame_bytes"], "4")), "directory", "`frame_bytes` is a string"
    yield "number-with-fraction", b(directory=setting(component + ["frame_bytes"], 4.5)), "directory", "`frame_bytes` is 4.5"
    yield "number-too-large", b(directory=setting(component + ["shape"], [2**64 + 4])), "directory", "a dimension of 2^64 + 4"

    yield "frame-empty", b(table=frame(3, 1, lambda v: 0)), "framePlacement", "a stored length of 0"
    yield "frame-outside", b(table=frame(3, 0, lambda v: 2**63 + 5)), "framePlacement", "a frame at 2^63 + 5"
    yield "frame-in-table", b(table=frame(3, 0, lambda v: table_at - 1)), "framePlacement", "a frame that ends in the frame table"
    yield "frame-in-header", b(table=frame(3, 0, lambda v: 60)), "framePlacement", "a frame that begins in the header"
    yield "frames-overlap", b(table=frame(4, 0, lambda v: v - 1)), "framePlacement", "a frame that begins in another"
    yield "hole", b(data=lambda d, p: widen(d, p, 4)), "framePlacement", "a gap of 64 bytes"
    yield "hole-before-table", b(data=lambda d, p: d + bytes(64)), "misplaced", "64 bytes between the last frame and the table"
    yield "gap", b(data=lambda d, p: d + b"\0\0\1"), "notZero", "a gap byte that is not zero, in a file whose checksums are right"
    yield "frame-of-nobody", b(directory=lambda t: drop_last_component(t)), "inconsistent", "two frames that no component has"
    yield "frame-of-two", b(directory=setting(["components", 3, "first_frame"], 2)), "inconsistent", "a frame of two components"

    yield "frame-count", b(directory=setting(component + ["frame_count"], 2)), "inconsistent", "two frames where one is needed"
    yield "frame-count-zero", b(directory=setting(component + ["frame_count"], 0)), "inconsistent", "no frames for 4 bytes"
    yield "frame-bytes-zero", b(directory=setting(component + ["frame_bytes"], 0)), "inconsistent", "frames of 0 bytes"
    yield "frame-bytes-large", b(directory=setting(component + ["frame_bytes"], 2**26 + 1)), "inconsistent", "frames of 2^26 + 1 bytes"
    yield "first-frame-negative", b(directory=setting(component + ["first_frame"], -1)), "inconsistent", "frame −1"
    yield "first-frame-large", b(directory=setting(component + ["first_frame"], 2**63 - 1)), "inconsistent", "frame 2^63 − 1"
    yield "shape-negative", b(directory=setting(component + ["shape"], [-4])), "inconsistent", "a dimension of −4"
    yield "shape-overflow", b(directory=setting(component + ["shape"], [2**32, 2**32])), "inconsistent", "2^64 elements"
    yield "shape-overflow-zero", b(directory=setting(["tensors", 0, "shape"], [2**32, 0, 2**32])), "inconsistent", \
        "dimensions whose product is 0, but 2^64 without the 0"
    yield "shape-rank", b(directory=setting(component + ["shape"], [4, 1, 1, 1, 1, 1, 1, 1, 1])), "inconsistent", "9 dimensions"
    yield "shape-part-byte", b(directory=lambda t: t["components"][0].update(type="F4", shape=[7])), "inconsistent", "3.5 bytes"
    yield "type", b(directory=setting(component + ["type"], "I7")), "inconsistent", "element type `I7`"
    yield "planes", b(directory=setting(["components", 3, "frame_bytes"], 130)), "inconsistent", "`planes4` of 130 bytes"
    yield "coding", b(directory=setting(["components", 3, "coding"], ["rle"])), "unknownCoding", "coding `rle`, of tensor `k`"
    yield "coding-order", b(directory=setting(["components", 3, "coding"], ["zstd", "planes4"])), "unknownCoding", "`zstd` first"
    yield "coding-twice", b(directory=setting(["components", 3, "coding"], ["zstd", "zstd"])), "unknownCoding", "`zstd` twice"
    yield "misaligned", base().build(data=shift_first), "inconsistent", "a raw component at byte 68"
    yield "raw-length", b(directory=lambda t: t["components"][0].update(shape=[5], frame_bytes=5)), "inconsistent", \
        "a raw component of 5 bytes whose frame has 4"
    yield "raw-apart", b(data=part_raw), "inconsistent", "a gap inside a raw component"

    compressor = zstandard.ZstdCompressor(level=9)
    unsized = zstandard.ZstdCompressor(level=9, write_content_size=False)
    for name, change, about in [
        ("zstd-garbage", lambda p: bytes(len(p)), "zeros where a zstd frame belongs"),
        ("zstd-size", lambda p: compressor.compress(bytes(129)), "a zstd frame of 129 bytes where 128 belong"),
        ("zstd-unsized", lambda p: unsized.compress(bytes(128)), "a zstd frame that does not state its size"),
        ("zstd-cut", lambda p: p[:-2], "a zstd frame that was cut off"),
        ("zstd-two", lambda p: p + compressor.compress(b""), "two zstd frames, the second empty"),
        ("zstd-skippable", lambda p: p + b"\x50\x2a\x4d\x18\x01\0\0\0x", "a skippable frame behind the zstd frame"),
        ("zstd-behind", lambda p: p + b"x", "a byte behind the zstd frame"),
        ("zstd-broken", lambda p: p[:9] + b"\xff" + p[10:], "a damaged zstd frame, resealed")]:
        yield name, in_frame(3, change), "frameContent", about

    yield "tensor-twice", b(directory=setting(["tensors", 1, "name"], "w")), "inconsistent", "two tensors `w`"
    yield "tensor-type", b(directory=setting(["tensors", 0, "type"], "F31")), "inconsistent", "tensor type `F31`"
    yield "tensor-shape", b(directory=setting(["tensors", 0, "shape"], [-2, -4])), "inconsistent", "dimensions −2 and −4"
    yield "too-few-numbers", b(directory=setting(["tensors", 0, "shape"], [9])), "inconsistent", "9 weights, 8 codes"
    yield "too-few-scales", b(directory=setting(encoding + ["steps", 1, "block"], 4)), "inconsistent", "two blocks, one scale"
    yield "no-component", b(directory=setting(encoding + ["component"], 6)), "inconsistent", "component 6 of 6"
    yield "component-negative", b(directory=setting(encoding + ["component"], -1)), "inconsistent", "component −1"
    yield "operand-no-component", b(directory=setting(encoding + ["steps", 1, "with", "component"], 99)), "inconsistent", \
        "an operand in component 99"
    yield "lookup-no-component", b(directory=setting(encoding + ["steps", 0, "with", "component"], 99)), "inconsistent", \
        "a codebook in component 99"
    yield "bits-zero", b(directory=setting(encoding + ["bits"], 0)), "inconsistent", "numbers of 0 bits"
    yield "bits-eight", b(directory=setting(encoding + ["bits"], 8)), "inconsistent", "packed numbers of 8 bits"
    yield "bits-not-u8", b(directory=setting(encoding + ["component"], 1)), "inconsistent", "packed numbers in an F32 component"
    yield "bits-without-order", b(directory=without(*encoding, "order")), "inconsistent", "`bits` without `order`"
    yield "order", b(directory=setting(encoding + ["order"], "middle")), "unknownEncoding", "order `middle`, of tensor `w`"
    yield "order-kind", b(directory=setting(encoding + ["order"], 1)), "directory", "an order that is a number"
    yield "without-component", b(directory=without(*encoding, "component")), "directory", "an encoding without `component`"
    yield "component-as-string", b(directory=setting(encoding + ["component"], "0")), "directory", "`component` is a string"
    yield "block-zero", b(directory=setting(encoding + ["steps", 1, "block"], 0)), "inconsistent", "blocks of 0"
    yield "block-negative", b(directory=setting(encoding + ["steps", 1, "block"], -32)), "inconsistent", "blocks of −32"
    yield "operation", b(directory=setting(encoding + ["steps", 1, "op"], "remainder")), "unknownEncoding", \
        "operation `remainder`, of tensor `w`"
    yield "operation-kind", b(directory=setting(encoding + ["steps", 1, "op"], 3)), "directory", "an operation that is a number"
    yield "without-operand", b(directory=without(*encoding, "steps", 1, "with")), "directory", "a step without `with`"
    yield "encoding-name", b(directory=setting(encoding + ["offset"], None)), "unknownEncoding", "a name `offset` in an encoding"
    yield "step-name", b(directory=setting(encoding + ["steps", 1, "every"], 2)), "unknownEncoding", "a name `every` in a step"
    yield "too-deep", b(directory=setting(["tensors", 0], {"name": "w", "type": "F32", "shape": [1], "scheme": "x",
                                                           "encoding": nested(9)})), "inconsistent", "encodings 9 deep"
    yield "too-many-steps", b(directory=setting(encoding + ["steps"], [{"op": "add", "with": {"component": 2}}] * 17)), \
        "inconsistent", "17 steps"
    twelve = {"component": 2, "steps": [{"op": "add", "with": {"component": 2}}] * 12}
    yield "too-many-encodings", b(directory=setting(encoding + ["steps"], [{"op": "add", "with": twelve}] * 5)), \
        "inconsistent", "66 encodings in one tensor's"
    yield "codebook-too-long", base(change=lambda t: lookup_in(t, [1, 257], 32)).build(), "inconsistent", \
        "codebooks of 257 entries for blocks of 32"
    yield "codebook-empty", base(change=lambda t: lookup_in(t, [0], None)).build(), "inconsistent", "a codebook without entries"
    yield "code-outside", base(change=lambda t: lookup_in(t, [3], None)).build(), "inconsistent", "code 15 in a codebook of 3"
    yield "no-numbers", b(directory=lambda t: t["components"][3].update(type="F4", shape=[512])), "inconsistent", \
        "a tensor that an F4 component stands for"
    yield "asset-slash", b(directory=setting(["assets", 0, "name"], "../config.json")), "inconsistent", "an asset name with `/`"
    yield "asset-backslash", b(directory=setting(["assets", 0, "name"], "a\\b")), "inconsistent", "an asset name with `\\`"
    yield "asset-nul", b(directory=setting(["assets", 0, "name"], "a\0b")), "inconsistent", "an asset name with NUL"
    yield "asset-dots", b(directory=setting(["assets", 0, "name"], "..")), "inconsistent", "an asset named `..`"
    yield "asset-nameless", b(directory=setting(["assets", 0, "name"], "")), "inconsistent", "an asset without a name"
    yield "asset-twice", b(directory=lambda t: t["assets"].append(t["assets"][0])), "inconsistent", "two assets of one name"
    yield "asset-no-component", b(directory=setting(["assets", 0, "component"], 6)), "inconsistent", "an asset in component 6"
    yield "part-index", b(directory=setting(["part"], {"index": 3, "count": 2, "set": "00c0ffee"})), "inconsistent", "part 3 of 2"
    yield "part-index-zero", b(directory=setting(["part", "index"], 0)), "inconsistent", "part 0 of 1"
    yield "part-count", b(directory=setting(["part", "count"], 2**62)), "inconsistent", "2^62 parts"
    yield "part-set", b(directory=setting(["part", "set"], "00C0FFEE")), "inconsistent", "a set in capital letters"
    yield "part-assets", b(directory=setting(["part"], {"index": 2, "count": 2, "set": "00c0ffee"})), "inconsistent", \
        "assets in part 2"
    yield "missing-00001-of-00002", base(1, 2).build(), "parts", "the other part is not there"
    yield "part-misnamed", base(1, 2).build(), "parts", "part 1 of 2, not named so"
    yield "foreign-00001-of-00002", base(1, 2).build(), "parts", "the other part is of another set"
    yield "foreign-00002-of-00002", base(2, 2).build(directory=setting(["part", "set"], "0badcafe")), "parts", "the same"
    yield "double-00001-of-00002", base(1, 2).build(), "parts", "the other part has tensors of the same names"
    yield "double-00002-of-00002", base(2, 2).build(), "parts", "the same"


def widen(body, places, number):
    """Moves everything from one frame on by 64 bytes."""
    at = places[number][0]
    for place in places.values():
        if place[0] >= at:
            place[0] += 64
    return body[:at] + bytes(64) + body[at:]


def shift_first(body, places):
    places[0][0] = 68
    return body[:64] + bytes(4) + body[64:68] + body[72:]


def part_raw(body, places):
    at = places[7][0]
    places[7][0] += 4
    return body[:at] + bytes(4) + body[at:]


def drop_last_component(tree):
    del tree["components"][5], tree["tensors"][2]


def lookup_in(tone, shape, block):
    """Gives `w` a codebook of zeros."""
    at = tone.component("codebook", "U8", shape, np.zeros(shape, np.uint8))
    tone.tensors[0]["encoding"]["steps"][0] = {"op": "lookup", "with": {"component": at}, "block": block}


def write(folder):
    """Writes the files; returns their rows."""
    folder.mkdir(exist_ok=True)
    rows = []
    for name, data, error, about in cases():
        assert len(data) < 20_000, name
        (folder / f"{name}.tone").write_bytes(data)
        rows.append(f"| `{name}.tone` | {about} | `{error}` |")
    return rows
