# SPDX-License-Identifier: Apache-2.0
"""Writes .tone files by formats/tone.md, valid or with one thing wrong; generate.py uses it."""
import json, struct
import numpy as np, zstandard


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def bits_of(values, width, order):
    """Numbers as one string of bits, the last byte filled with zeros."""
    text = "".join(format(int(v), f"0{width}b")[::1 if order == "high" else -1] for v in np.ravel(values))
    text += "0" * (-len(text) % 8)
    return bytes(int(text[i:i + 8][::1 if order == "high" else -1], 2) for i in range(0, len(text), 8))


class Tone:
    """One file in the making. What a test wants wrong is changed by the hooks of `build`."""

    def __init__(self, index=1, count=1):
        self.frames, self.components, self.tensors, self.assets = [], [], [], []
        self.part = {"index": index, "count": count, "set": "00c0ffee"}
        self.expected = {}

    def component(self, role, kind, shape, data, coding=(), frame_bytes=None):
        data = data.tobytes() if isinstance(data, np.ndarray) else bytes(data)
        frame_bytes = frame_bytes or max(1, len(data))
        pieces = [data[i:i + frame_bytes] for i in range(0, len(data), frame_bytes)]
        entry = {"role": role, "type": kind, "shape": list(shape), "coding": list(coding), "frame_bytes": frame_bytes,
                 "first_frame": len(self.frames), "frame_count": len(pieces)}
        for number, piece in enumerate(pieces):
            for step in coding:
                if step == "zstd":
                    piece = zstandard.ZstdCompressor(level=9, write_content_size=True).compress(piece)
                elif step.startswith("planes"):
                    piece = np.frombuffer(piece, np.uint8).reshape(-1, int(step[6:])).T.tobytes()
            self.frames.append((piece, number == 0 and not coding))
        self.components.append(entry)
        return len(self.components) - 1

    def tensor(self, name, kind, shape, scheme, encoding, expected=None):
        self.tensors.append({"name": name, "type": kind, "shape": list(shape), "scheme": scheme, "encoding": encoding})
        if expected is not None:
            self.expected[name] = np.asarray(expected, np.float32).reshape(shape)

    def asset(self, name, data):
        self.assets.append({"name": name, "component": self.component("asset", "U8", [len(data)], data)})

    def directory(self):
        return {"tool": "vectors 1", "part": self.part, "components": self.components, "tensors": self.tensors,
                "assets": self.assets, "provenance": {"sources": []}}

    def build(self, version=(1, 0), order=None, compressed=False, header=None, data=None, table=None, directory=None,
              text=None, trailer=None, file=None, frames_end=None):
        """The file's bytes. Each hook changes one layer in place or returns another; checksums are made after it."""
        head = bytearray(b"\x89TONE\r\n\x1a" + struct.pack("<HH", *version) + bytes(48))
        if header:
            header(head)
        body, places = bytearray(head + struct.pack("<I", crc32c(head))), {}
        for number in order or range(len(self.frames)):
            piece, aligned = self.frames[number]
            if aligned:
                body += bytes(-len(body) % 64)
            places[number] = [len(body), len(piece), crc32c(piece)]
            body += piece
        if data:
            body = data(body, places) or body
        entries = [places[number] for number in range(len(self.frames))]
        if table:
            entries = table(entries) or entries
        table_bytes = b"".join(struct.pack("<QII", *entry) for entry in entries)
        tree = self.directory()
        if directory:
            tree = directory(tree) or tree
        plain = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        if text:
            plain = text(plain)
        stored = zstandard.ZstdCompressor(level=9).compress(plain) if compressed else plain
        at = len(body)
        fields = {"length": at + len(table_bytes) + len(stored) + 64, "table": at, "directory": at + len(table_bytes),
                  "directory_length": len(plain), "count": len(entries), "stored": len(stored),
                  "table_crc": crc32c(table_bytes), "directory_crc": crc32c(stored), "coding": int(compressed), "reserved": 0}
        if trailer:
            trailer(fields)
        tail = struct.pack("<QQQQIIIIII", *fields.values())
        result = bytes(body + table_bytes + stored + tail + struct.pack("<I", crc32c(tail)) + b"ENOT")
        return bytes(file(bytearray(result)) if file else result)


def safetensors(arrays):
    """F32 arrays (or pairs of dtype and raw array) as the bytes of a safetensors file."""
    header, at, parts = {}, 0, []
    for name, array in arrays.items():
        dtype, array = array if isinstance(array, tuple) else ("F32", array)
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
        parts.append(array.tobytes())
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)
