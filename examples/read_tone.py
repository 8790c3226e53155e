#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads .tone files: an independent reader, written from formats/tone.md and formats/encodings.md alone.

    read_tone.py MODEL.tone                             lists the tensors and files inside
    read_tone.py MODEL.tone --check                     reads every byte
    read_tone.py MODEL.tone --dump NAME                 prints one tensor's weights
    read_tone.py MODEL.tone --to-safetensors OUT        writes all tensors as F32
"""
import argparse, json, math, mmap, re, struct, sys, unicodedata
from pathlib import Path
import numpy as np, zstandard

BITS = dict(BOOL=8, U8=8, I8=8, F8_E5M2=8, F8_E4M3=8, F8_E8M0=8, F8_E4M3FNUZ=8, F8_E5M2FNUZ=8, I16=16, U16=16, F16=16,
            BF16=16, I32=32, U32=32, F32=32, C64=64, F64=64, I64=64, U64=64, F4=4, F6_E2M3=6, F6_E3M2=6)
NUMPY = dict(U8="u1", I8="i1", I16="<i2", U16="<u2", F16="<f2", I32="<i4", U32="<u4", F32="<f4", F64="<f8", I64="<i8",
             U64="<u8")
OPERATIONS, ORDERS = ("lookup", "subtract", "multiply", "divide", "add"), ("high", "low")
SMALL_FLOATS = dict(F8_E5M2=(2, 15, "ieee"), F8_E4M3=(3, 7, "fn"), F8_E5M2FNUZ=(2, 16, "fnuz"), F8_E4M3FNUZ=(3, 8, "fnuz"))


class ToneError(Exception):
    """What is wrong with a file, in one line."""


def demand(condition, message):
    if not condition:
        raise ToneError(message)


# CRC-32C of many runs of 512 bytes at once; a matrix that stands for appended zero bytes joins them.
TABLE = np.arange(256, dtype=np.uint32)
for _ in range(8):
    TABLE = np.where(TABLE & 1, TABLE >> 1 ^ np.uint32(0x82F63B78), TABLE >> 1)
ONE_ZERO_BYTE = np.array([TABLE[1 << b] if b < 8 else 1 << b - 8 for b in range(32)], np.uint32)
INITIAL = np.frombuffer(b"\x54\x64\x1f\x64", np.uint8)  # leads from state 0 to the initial state FFFFFFFF


def times(matrix, words):
    return np.bitwise_xor.reduce((words[:, None] >> np.arange(32, dtype=np.uint32) & 1) * matrix, axis=1)


def crc32c(data):
    data = np.concatenate([INITIAL, np.frombuffer(data, np.uint8)])
    lanes = 1 << max(0, math.ceil(math.log2(len(data) / 512)))
    columns = np.concatenate([np.zeros(lanes * 512 - len(data), np.uint8), data]).reshape(lanes, 512).T.copy()
    state, shift = np.zeros(lanes, np.uint32), ONE_ZERO_BYTE
    for column in columns:
        state = TABLE[(state ^ column) & 255] ^ state >> 8
    for _ in range(9):
        shift = times(shift, shift)
    while len(state) > 1:
        state, shift = times(shift, state[0::2]) ^ state[1::2], times(shift, shift)
    return int(state[0]) ^ 0xFFFFFFFF


def unique(pairs):
    demand(len(dict(pairs)) == len(pairs), "the directory has a name twice in one object")
    return dict(pairs)


def depth_of(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


def get(entry, key, kind, *default):
    value = entry.get(key) if isinstance(entry, dict) else None
    if value is None and default:
        return default[0]
    demand(type(value) is kind, f"the directory's '{key}' is not as it must be")
    demand(kind is not int or 0 <= value < 2**63, f"the directory's '{key}' is out of range: {value}")
    return value


def shape_of(entry):
    shape = get(entry, "shape", list)
    demand(len(shape) <= 8 and all(type(d) is int and 0 <= d < 2**63 for d in shape), f"no shape: {shape}")
    demand(math.prod(d for d in shape if d) < 2**63, f"a shape is too large: {shape}")
    return shape


def unknown_in(encoding):
    """The first name, order or operation in an encoding that this reader does not know; None where it knows all."""
    for name in sorted(set(encoding) - {"component", "bits", "order", "steps"}):
        return name
    if get(encoding, "order", str, None) not in (None, *ORDERS):
        return encoding["order"]
    get(encoding, "component", int), get(encoding, "bits", int, None)
    for step in get(encoding, "steps", list, []):
        demand(type(step) is dict, "a step is not an object")
        for name in sorted(set(step) - {"op", "with", "block"}):
            return name
        if get(step, "op", str) not in OPERATIONS:
            return step["op"]
        get(step, "block", int, None)
        if (found := unknown_in(get(step, "with", dict))) is not None:
            return found
    return None


class Tone:
    """One file whose header, trailer, tables and encodings have been checked; frames are checked as they are read."""

    def __init__(self, path):
        with open(path, "rb") as file:
            demand(Path(path).stat().st_size >= 128, "shorter than a header and a trailer")
            self.data = data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        head, tail = data[:64], data[-64:]
        demand(head[:8] == b"\x89TONE\r\n\x1a", "no .tone file: wrong magic")
        demand(crc32c(head[:60]) == struct.unpack_from("<I", head, 60)[0], "header CRC differs")
        demand(struct.unpack_from("<H", head, 8)[0] == 1, f"major version {head[8] + 256 * head[9]} is not 1")
        demand(not any(head[12:60]), "reserved bytes of the header are not zero")
        demand(tail[60:] == b"ENOT", "no end mark: the file was cut off")
        length, frames_at, directory_at, self.directory_length, count, stored, frames_crc, directory_crc, coding, \
            reserved, crc = struct.unpack_from("<QQQQIIIIIII", tail)
        demand(crc32c(tail[:56]) == crc, "trailer CRC differs")
        demand(reserved == 0 and coding <= 1, "trailer: reserved field or directory coding is unknown")
        demand(length == len(data) and 64 <= frames_at and directory_at == frames_at + 16 * count
               and directory_at + stored + 64 == length, "trailer: the sizes don't add up")
        demand(self.directory_length <= 2**30, "the directory is too large")
        frames, directory = data[frames_at:directory_at], data[directory_at:-64]
        demand(crc32c(frames) == frames_crc, "frame table CRC differs")
        demand(crc32c(directory) == directory_crc, "directory CRC differs")
        self.frames = list(struct.iter_unpack("<QII", frames))
        end = 64
        for offset, size, _ in sorted(self.frames) + [(frames_at, 1, 0)]:
            demand(size >= 1 and 0 <= offset - end <= 63, f"frames overlap, leave a hole or the data area at byte {end}")
            demand(not any(data[end:offset]), f"gap at byte {end} is not zero")
            end = offset + size
        directory = self.decompress(directory, self.directory_length) if coding else bytes(directory)
        demand(len(directory) == self.directory_length, "the directory has another length than the trailer says")
        try:
            self.directory = json.loads(directory.decode(), object_pairs_hook=unique)
        except (ValueError, RecursionError) as error:
            raise ToneError(f"the directory is not JSON: {error}")
        demand(depth_of(self.directory) <= 64, "the directory is nested too deep")
        get(self.directory, "tool", str)
        part = get(self.directory, "part", dict)
        self.index, self.count, self.set = get(part, "index", int), get(part, "count", int), get(part, "set", str)
        demand(1 <= self.index <= self.count <= 99999 and re.fullmatch("[0-9a-f]{8}", self.set), f"part is wrong: {part}")
        get(get(self.directory, "provenance", dict), "sources", list)
        self.components = get(self.directory, "components", list)
        owned = sorted(run for run in map(self.check_component, self.components) if run[1])
        demand([first for first, _ in owned] + [count] == [0] + [first + n for first, n in owned],
               "a frame doesn't belong to exactly one component")
        self.tensors = {get(t, "name", str): t for t in get(self.directory, "tensors", list)}
        self.assets = {get(a, "name", str): get(a, "component", int) for a in get(self.directory, "assets", list)}
        for names, kind in [(self.tensors, "tensors"), (self.assets, "assets")]:
            normalized = {unicodedata.normalize("NFC", name) for name in names}
            demand(len(normalized) == len(self.directory[kind]), f"two {kind} have the same name")
        demand(self.index == 1 or not self.assets, f"part {self.index} holds assets; only part 1 may")
        for name, component in self.assets.items():
            demand(name not in ("", ".", "..") and not set(name) & set("/\\\0"), f"asset name {name!r} is not a file name")
            demand(component < len(self.components), f"asset {name!r}: no component {component}")
        self.unknown = {}
        for name, tensor in self.tensors.items():
            demand(get(tensor, "type", str) in BITS and type(tensor.get("scheme")) is str, f"tensor {name!r}: bad entry")
            encoding, count = get(tensor, "encoding", dict), math.prod(shape_of(tensor))
            self.unknown[name] = unknown_in(encoding)
            if self.unknown[name] is None:
                self.check_encoding(name, encoding, count, 1, [])

    def decompress(self, data, size):
        try:
            demand(zstandard.get_frame_parameters(data).content_size == size, "zstd: the content size is not the frame's")
            unpacker = zstandard.ZstdDecompressor(max_window_size=2**31).decompressobj()
            result = unpacker.decompress(data)
        except zstandard.ZstdError as error:
            raise ToneError(f"zstd: {error}")
        demand(len(result) == size and unpacker.eof and not unpacker.unused_data, "zstd: not exactly one frame")
        return result

    def check_component(self, entry):
        get(entry, "role", str)
        demand(get(entry, "type", str) in BITS, f"element type {entry['type']!r} is unknown")
        bits, per_frame = math.prod(shape_of(entry)) * BITS[entry["type"]], get(entry, "frame_bytes", int)
        first, count, coding = get(entry, "first_frame", int), get(entry, "frame_count", int), get(entry, "coding", list)
        demand(bits % 8 == 0 and 1 <= per_frame <= 2**26, "a component isn't whole bytes, or its frame_bytes is wrong")
        demand(count == -(-bits // 8 // per_frame) and first + count <= len(self.frames), "a component's frames don't fit")
        demand(all(type(c) is str for c in coding), "a coding is not a string")
        planes = int(coding[0][-1]) if coding[:1] in (["planes2"], ["planes4"]) else 1
        demand(per_frame % planes == bits // 8 % planes == 0, "byte planes of frames that aren't whole elements")
        run = self.frames[first:first + count]
        for i, (offset, size, _) in enumerate([] if coding else run):
            demand(size == min(per_frame, bits // 8 - i * per_frame), f"frame {first + i}: length differs from its component")
            demand(offset % 64 == 0 if i == 0 else offset == run[i - 1][0] + run[i - 1][1], f"frame {first + i}: misplaced")
        return first, count

    def check_encoding(self, name, encoding, count, depth, seen):
        seen.append(encoding)
        demand(depth <= 8 and len(seen) <= 64, f"tensor {name!r}: the encoding is too deep or too large")
        component, steps = get(encoding, "component", int), get(encoding, "steps", list, [])
        demand(component < len(self.components) and len(steps) <= 16, f"tensor {name!r}: no such component or too many steps")
        entry = self.components[component]
        bits, held = get(encoding, "bits", int, None), math.prod(entry["shape"])
        if bits is not None:
            demand(1 <= bits <= 7 and encoding.get("order") in ORDERS and entry["type"] == "U8", f"{name!r}: bits")
            held = held * 8 // bits
        demand(held >= count, f"tensor {name!r}: component {component} has {held} numbers, {count} are needed")
        for step in steps:
            op, block = get(step, "op", str), get(step, "block", int, None)
            demand(block != 0, f"tensor {name!r}: blocks of 0")
            needed = min(count, 1) if block is None else -(-count // block)
            operand = get(step, "with", dict)
            if op == "lookup":
                length, limit = self.codebook_length(operand, block), 65536 if block is None else min(65536, max(256, block))
                demand(1 <= length <= limit, f"tensor {name!r}: a codebook is empty or too long")
                needed *= length
            self.check_encoding(name, operand, needed, depth + 1, seen)

    def codebook_length(self, operand, block):
        at = get(operand, "component", int)
        demand(at < len(self.components), f"no component {at}")
        shape = self.components[at]["shape"]
        return math.prod(shape) if block is None else shape[-1] if shape else 1

    def bytes_of(self, at):
        """The bytes of one component, after their CRCs were found right."""
        entry, result = self.components[at], []
        left, coding = math.prod(entry["shape"]) * BITS[entry["type"]] // 8, entry["coding"]
        known = coding in ([], ["zstd"]) or coding[0] in ("planes2", "planes4") and coding[1:] in ([], ["zstd"])
        demand(known, f"component {at}: coding {coding} is unknown")
        for frame in range(entry["first_frame"], entry["first_frame"] + entry["frame_count"]):
            offset, size, crc = self.frames[frame]
            piece, length = self.data[offset:offset + size], min(entry["frame_bytes"], left)
            demand(crc32c(piece) == crc, f"frame {frame} at byte {offset}: CRC differs")
            piece = self.decompress(piece, length) if "zstd" in coding else piece
            demand(len(piece) == length, f"frame {frame} gives {len(piece)} bytes, not {length}")
            if coding[:1] in (["planes2"], ["planes4"]):
                piece = np.frombuffer(piece, np.uint8).reshape(int(coding[0][-1]), -1).T.tobytes()
            result.append(piece)
            left -= length
        return b"".join(result)

    def numbers(self, encoding, count):
        """The first `count` numbers of an encoding, as binary32; every step is one rounded operation of its own."""
        entry, raw = self.components[encoding["component"]], np.frombuffer(self.bytes_of(encoding["component"]), np.uint8)
        if bits := encoding.get("bits"):
            order, weights = ("big", range(bits)[::-1]) if encoding["order"] == "high" else ("little", range(bits))
            string = np.unpackbits(raw, bitorder=order)[:count * bits].reshape(-1, bits)
            values = (string << np.array(weights, np.uint8)).sum(axis=1).astype(np.float32)
        else:
            values = as_float(entry["type"], raw, count)
        for step in encoding.get("steps") or []:
            block, operand = step.get("block"), step["with"]
            index = np.zeros(count, np.int64) if block is None else np.arange(count) // block
            needed = 0 if count == 0 else int(index[-1]) + 1
            if step["op"] == "lookup":
                length = self.codebook_length(operand, block)
                demand(np.all((values >= 0) & (values < length) & (values == np.floor(values))), "code outside its codebook")
                values = self.numbers(operand, needed * length)[index * length + values.astype(np.int64)]
            else:
                operation = dict(subtract=np.subtract, multiply=np.multiply, divide=np.divide, add=np.add)[step["op"]]
                values = operation(values, self.numbers(operand, needed)[index], dtype=np.float32)
        return values

    def weights(self, name):
        tensor, unknown = self.tensors[name], self.unknown[name]
        demand(unknown is None, f"tensor {name!r}: {unknown!r} in its encoding is unknown")
        with np.errstate(all="ignore"):
            return self.numbers(tensor["encoding"], math.prod(tensor["shape"])).reshape(tensor["shape"])


def as_float(kind, raw, count):
    """Numbers of a stored element type, each rounded once to binary32, to nearest even."""
    if kind in NUMPY:
        return raw.view(NUMPY[kind])[:count].astype(np.float32)
    if kind == "BF16":
        return (raw.view("<u2")[:count].astype(np.uint32) << 16).view(np.float32)
    if kind == "BOOL":
        return (raw[:count] != 0).astype(np.float32)
    codes = np.arange(256)
    if kind == "F8_E8M0":
        values = np.where(codes == 255, np.nan, 2.0 ** (codes - 127))
    else:
        demand(kind in SMALL_FLOATS, f"element type {kind} has no numbers")
        mantissa_bits, bias, special = SMALL_FLOATS[kind]
        power, fraction = (codes & 127) >> mantissa_bits, (codes & (1 << mantissa_bits) - 1) / (1 << mantissa_bits)
        values = np.where(power == 0, fraction * 2.0 ** (1 - bias), (1 + fraction) * 2.0 ** (power - bias))
        if special == "ieee":
            values = np.where(codes & 127 >= 124, np.where(codes & 3, np.nan, np.inf), values)
        values = np.where(codes & 128, -values, values)
        values = np.where(codes == 128 if special == "fnuz" else (codes & 127 == 127) & (special == "fn"), np.nan, values)
    return values.astype(np.float32)[raw[:count]]


def parts(path):
    """The files of the set that `path` belongs to."""
    first = Tone(path)
    if first.count == 1:
        return [first]
    name = re.fullmatch(r"(.*)-\d{5}-of-\d{5}\.tone", Path(path).name)
    demand(name, f"one of {first.count} parts, but not named like one")
    files = [Tone(Path(path).with_name(f"{name[1]}-{i:05}-of-{first.count:05}.tone")) for i in range(1, first.count + 1)]
    for i, file in enumerate(files, 1):
        demand((file.index, file.count, file.set) == (i, first.count, first.set), f"part {i} is of another set")
    names = [name for file in files for name in file.tensors]
    demand(len(set(names)) == len(names), "two parts hold the same tensor")
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--dump", metavar="NAME")
    parser.add_argument("--to-safetensors", metavar="OUT")
    options = parser.parse_args()
    files = parts(options.file)
    where = {name: file for file in files for name in file.tensors}
    if options.check:
        for file in files:
            for at in range(len(file.components)):
                file.bytes_of(at)
    elif options.dump:
        demand(options.dump in where, f"no tensor {options.dump!r}")
        np.set_printoptions(threshold=2**62, linewidth=120, floatmode="unique")
        print(where[options.dump].weights(options.dump))
    elif options.to_safetensors:
        entries, at, arrays = {}, 0, [where[name].weights(name) for name in sorted(where)]
        for name, array in zip(sorted(where), arrays):
            entries[name] = dict(dtype="F32", shape=list(array.shape), data_offsets=[at, at + array.nbytes])
            at += array.nbytes
        text = json.dumps(entries).encode()
        text += b" " * (-len(text) % 8)
        Path(options.to_safetensors).write_bytes(b"".join([struct.pack("<Q", len(text)), text] + [a.tobytes() for a in arrays]))
    else:
        for name, file in where.items():
            print(f"{name}  {file.tensors[name]['scheme']}  {file.tensors[name]['shape']}")
        for file in files:
            for name in file.assets:
                print(f"{name}  (a file)")


if __name__ == "__main__":
    try:
        main()
    except (ToneError, OSError) as error:
        sys.exit(f"error: {sys.argv[1] if len(sys.argv) > 1 else ''}: {error}")
