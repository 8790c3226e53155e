#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the part-by-part tokenizers of parts.json (pip install 'tokenizers==0.23.*').

Each entry is a small tokenizer.json around a few parts, and texts with the ids, the ids without
special tokens and the decoding that the library gives. Nothing in it is random.
"""
import json
import pathlib
import struct
import base64
import sys

from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).parent
TEXTS = ["", " ", "Hello, World!", "  two  spaces ", "tab\tand\nnewline\r\n", "it's 1234567 - don't", "a.b..c!!d",
         "naïve café Ünïcödé", "e\u0301 A\u030a ﬁ ² ½ Ⅷ", "日本語のテキスト 한국어", "🙂👍🏽 family 👩‍👩‍👧", "[MASK] <x>foo<x> bar<x>",
         "word[MASK]word [MASK]", "▁already ▁there", "ΟΔΟΣ İstanbul", "x" * 120, "a\u00a0b\u3000c\u200bd", "<0x41> ## </w>"]


def characters(*extra):
    """A vocabulary of every character of TEXTS in any form, some joins, and `extra`."""
    import unicodedata
    found = set()
    for text in TEXTS:
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            found |= set(unicodedata.normalize(form, text)) | set(unicodedata.normalize(form, text.lower()))
    found -= set("語🙂x")
    found |= {chr(c) for c in range(0xA1, 0x144)} | set("▁")
    return list(extra) + sorted(found - set(extra))


def document(model, added=(), **parts):
    tokens = [dict({"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True},
                   **token) for token in added]
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens,
            **{key: parts.get(key) for key in ("normalizer", "pre_tokenizer", "post_processor", "decoder")},
            "model": model}


def bpe(merges=(("l", "l"), ("H", "e"), ("He", "ll"), ("a", "n"), (" ", " "), ("o", "o")), vocabulary=None, **options):
    tokens = vocabulary or characters("<unk>", *[a + b for a, b in merges])
    return {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": {token: index for index, token in enumerate(tokens)}, "merges": [list(m) for m in merges], **options}


def words(*extra):
    tokens = ["[UNK]", "[CLS]", "[SEP]", "hello", "world", "don", "t", "##t", "it", "s", "'", ",", "!", ".", "-", "123",
              "##4567", "nai", "##ve", "naive", "cafe", "tab", "and", "new", "##line", "two", "spaces", "a", "b", "c", "d",
              "日", "本", "語", "foo", "bar", "word", "##word", "x", "##x", "[MASK]", "[", "]", *extra]
    return {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": {token: index for index, token in enumerate(tokens)}}


def unigram(byte_fallback):
    tokens = [("<unk>", 0.0), ("▁", -2.5), ("▁H", -4.0), ("ello", -5.5), ("el", -4.5), ("lo", -4.5)]
    tokens += [(c, -3.0 - index % 7) for index, c in enumerate(characters()) if c != "▁"]
    tokens += [(f"<0x{b:02X}>", -20.0) for b in range(256)] if byte_fallback else []
    return {"type": "Unigram", "unk_id": 0, "vocab": [list(t) for t in tokens], "byte_fallback": byte_fallback}


def charsmap(pairs):
    """A double-array trie of one-character keys over their UTF-8 bytes, in SentencePiece's layout."""
    pool, root = b"", {}
    for key, value in sorted(pairs.items()):
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[None] = len(pool)
        pool += value.encode() + b"\0"
    units, taken, base = {}, {0}, [0]

    def place(node, position):
        labels = [0 if label is None else label for label in node]
        offset = next(o for o in range(1, 1 << 20) if not any((position ^ o ^ label) in taken for label in labels))
        taken.update(position ^ offset ^ label for label in labels)
        units[position] = units.get(position, 0) | offset << 10 | (1 << 8 if None in node else 0)
        for label, child in node.items():
            slot = position ^ offset ^ (0 if label is None else label)
            if label is None:
                units[slot] = child | 1 << 31
            else:
                units[slot] = label
                place(child, slot)

    place(root, 0)
    size = (max(taken) | 0xFF) + 1
    array = struct.pack(f"<{size}I", *[units.get(i, 0) for i in range(size)])
    return base64.b64encode(struct.pack("<I", len(array)) + array + pool).decode()


def split(behavior, pattern, invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def metaspace(scheme, splits=True):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": splits}


def template(before, after):
    special = {name: {"id": name, "ids": [index], "tokens": [name]} for name, index in before + after}
    piece = lambda name: {"SpecialToken": {"id": name, "type_id": 0}}
    return {"type": "TemplateProcessing",
            "single": [piece(n) for n, _ in before] + [{"Sequence": {"id": "A", "type_id": 0}}] + [piece(n) for n, _ in after],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": special}


BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
FUSE = {"type": "Fuse"}
# Behind a normalizer, so that no character hides behind the unknown-token.
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def documents():
    for behavior in BEHAVIORS:
        yield f"split-regex-{behavior}", document(bpe(), pre_tokenizer=split(behavior, {"Regex": r"\p{P}|\s"}), decoder=FUSE)
        yield f"split-string-{behavior}", document(bpe(), pre_tokenizer=split(behavior, {"String": " "}, True), decoder=FUSE)
        yield f"punctuation-{behavior}", document(bpe(), pre_tokenizer={"type": "Punctuation", "behavior": behavior})
    for scheme in ("always", "first", "never"):
        for splits in (True, False):
            yield f"metaspace-{scheme}-{splits}", document(
                bpe(merges=[("▁", "▁"), ("l", "l"), ("▁", "a")]), pre_tokenizer=metaspace(scheme, splits), decoder=metaspace(scheme, splits),
                added=[{"id": 0, "content": "<unk>"}, {"id": 900, "content": "<x>"}])
    for name in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"):
        yield f"normalizer-{name}", document(bpe(), normalizer={"type": name}, pre_tokenizer=BYTES)
    for left, right in ((True, True), (False, True), (True, False)):
        yield f"strip-{left}-{right}", document(bpe(), normalizer={"type": "Strip", "strip_left": left, "strip_right": right}, pre_tokenizer=BYTES)
    yield "prepend-replace", document(bpe(), normalizer={"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": "▁"},
        {"type": "Replace", "pattern": {"String": "."}, "content": ""}]},
        decoder={"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, FUSE,
                                                  {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})
    yield "precompiled", document(bpe(), normalizer={"type": "Precompiled", "precompiled_charsmap": charsmap(
        {"ﬁ": "fi", "²": "2", "½": "1/2", "Ⅷ": "VIII", "\u3000": " ", "\t": " ", "é": "e", "e\u0301": "E", "\u200b": ""})}, pre_tokenizer=BYTES)
    for name, pre in (("whitespace", {"type": "Whitespace"}), ("whitespace-split", {"type": "WhitespaceSplit"}),
                      ("char-delimiter", {"type": "CharDelimiterSplit", "delimiter": "-"}),
                      ("digits", {"type": "Digits", "individual_digits": False}),
                      ("digits-individual", {"type": "Digits", "individual_digits": True}),
                      ("bert-pre", {"type": "BertPreTokenizer"})):
        yield name, document(bpe(merges=[("1", "2"), ("12", "3"), ("l", "l"), (".", "b")]), pre_tokenizer=pre)
    for prefix in (True, False):
        for regex in (True, False):
            level = {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}
            yield f"byte-level-{prefix}-{regex}", document(
                bpe(merges=[("Ġ", "a"), ("l", "l"), ("Ġ", "Ġ")], ignore_merges=regex), pre_tokenizer=level, decoder=level)
    yield "byte-level-normalizer", document(bpe(), normalizer={"type": "ByteLevel"}, decoder={
        "type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True})
    yield "fuse-unk", document(bpe(fuse_unk=True))
    yield "no-unk", document(bpe(unk_token=None))
    spelled = characters("<unk>", "ll") + [f"<0x{b:02X}>" for b in range(256)]
    fallback = {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, FUSE]}
    yield "byte-fallback", document(bpe(merges=[("l", "l")], vocabulary=spelled, byte_fallback=True), decoder=fallback)
    partial = [t for t in spelled if t != "<0xE8>"]
    yield "byte-fallback-partial", document(
        bpe(merges=[("l", "l")], vocabulary=partial, byte_fallback=True, fuse_unk=True), decoder=fallback)
    suffixed = characters("<unk>", "d</w>", "o</w>", "s</w>", "lo</w>", "er", "##l", "##o", "l##o")
    yield "word-end", document(bpe(merges=[("l", "o</w>")], vocabulary=suffixed, end_of_word_suffix="</w>"),
                               pre_tokenizer={"type": "WhitespaceSplit"}, decoder={"type": "BPEDecoder", "suffix": "</w>"})
    prefixed = characters("<unk>", *["##" + c for c in "abcdefghijklmnopqrstuvw"], "##lo", "He", "Hello", "##l##lo")
    yield "word-prefix", document(bpe(merges=[("##l", "##o"), ("H", "##e")], vocabulary=prefixed, continuing_subword_prefix="##"),
                                  pre_tokenizer={"type": "Whitespace"})
    bert = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    yield "bert", document(words(), normalizer=bert, pre_tokenizer={"type": "BertPreTokenizer"}, added=[{"id": 40, "content": "[MASK]", "lstrip": True}],
                           post_processor={"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
                           decoder={"type": "WordPiece", "prefix": "##", "cleanup": True})
    yield "bert-template", document(words(), normalizer=dict(bert, lowercase=False, strip_accents=True), pre_tokenizer={"type": "Whitespace"},
                                    post_processor=template([("[CLS]", 1)], [("[SEP]", 2)]), decoder={"type": "WordPiece", "prefix": "##", "cleanup": False})
    yield "roberta", document(bpe(), post_processor={"type": "RobertaProcessing", "sep": ["l", 1], "cls": ["<unk>", 0], "trim_offsets": True, "add_prefix_space": False})
    yield "word-level", document({"type": "WordLevel", "unk_token": "[UNK]", "vocab": words()["vocab"]}, pre_tokenizer={"type": "Whitespace"})
    for fallback_on in (True, False):
        yield f"unigram-{fallback_on}", document(unigram(fallback_on), pre_tokenizer=metaspace("always"), decoder={
            "type": "Sequence", "decoders": [{"type": "ByteFallback"}, metaspace("always")]})
    for flag in ("lstrip", "rstrip", "single_word", "normalized"):
        yield f"added-{flag}", document(bpe(), normalizer={"type": "Lowercase"}, decoder=FUSE, added=[
            {"id": 0, "content": "<unk>"}, {"id": 901, "content": "[MASK]", flag: True}, {"id": 902, "content": "<x>", flag: True},
            {"id": 903, "content": "and", flag: True, "special": False}, {"id": 904, "content": "and\n", flag: True, "special": False}])


def main():
    out = []
    for name, content in documents():
        try:
            tokenizer = Tokenizer.from_str(json.dumps(content))
        except Exception as error:
            sys.exit(f"{name}: {error}")
        # Added tokens outside the vocabulary get the next free ids there; the file must say the same.
        for token in content["added_tokens"]:
            token["id"] = tokenizer.token_to_id(token["content"])
        tokenizer = Tokenizer.from_str(json.dumps(content))
        golden = []
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            golden.append({"text": text, "ids": tokenizer.encode(text).ids, "ids_without_special": ids,
                           "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
        out.append({"name": name, "tokenizer": content, "golden": golden})
    if len(sys.argv) > 1:
        for entry in out:
            folder = pathlib.Path(sys.argv[1], entry["name"])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "tokenizer.json").write_text(json.dumps(entry["tokenizer"]))
        return
    with open(HERE / "parts.json", "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(entry, separators=(",", ":"), ensure_ascii=False) for entry in out) + "\n]\n")
    print(len(out), "tokenizers")


if __name__ == "__main__":
    main()
