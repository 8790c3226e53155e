#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes older/: folders as checkpoints carried them before tokenizer.json, with the ids that Transformers gives
(pip install 'transformers==5.23.*' sentencepiece protobuf).

The vocabularies are those of published.json and sentencepiece/llama-bpe; Transformers reads each folder as it is
written here. No text for llama-added starts with a space: there SentencePiece, which is followed here, writes one
more. Nothing in it is random.
"""
import json
import os
import pathlib
import shutil

os.environ["HF_HUB_OFFLINE"] = "1"
from transformers import AutoTokenizer  # noqa: E402

HERE = pathlib.Path(__file__).parent
TEXTS = ["", "Hello, World!", "two  spaces \n\n\n next", "it's I'M we'LL DON'T o'clock", "1 12 123 1234 ½²", "naïve cafe\u0301 A\u030a",
         "日本語のテキスト。 한국어", "def f(x):\r\n\treturn x**2  # ok\n", "🙂👍🏽 ❤️", "<|end|>  \n<|user|>hi<|end|> x",
         "<s>a</s> b<unk>", "<|endoftext|>text<|endoftext|> ", "word!word ?!A -B _C 'd \"e"]


def token(content, **flags):
    return dict({"content": content, "lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": True}, **flags)


CONFIGS = {
    "gpt2": ("gpt2", None),
    "opt": ("opt", {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "bos_token": dict(token("</s>", normalized=True), __type="AddedToken"),
                    "eos_token": "</s>", "unk_token": "</s>", "pad_token": "<s>"}),
    "qwen2": ("qwen3", {"tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "eos_token": "<|end|>", "unk_token": None, "pad_token": "<|end|>",
                        "added_tokens_decoder": {"420": token("<|end|>"), "421": token("<|user|>", rstrip=True)}}),
    "llama-added": (None, {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": True, "legacy": False,
                           "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
                           "added_tokens_decoder": {"0": token("<unk>"), "1": token("<s>"), "2": token("</s>"),
                                                    "700": token("<|end|>", rstrip=True), "701": token("<|user|>", lstrip=True)}}),
}


def main():
    published = {entry["name"]: entry["tokenizer"]["model"] for entry in json.loads((HERE / "published.json").read_text(encoding="utf-8"))}
    for name, (source, config) in CONFIGS.items():
        folder = HERE / "older" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if source:
            model = published[source]
            if name == "gpt2":
                model["vocab"]["<|endoftext|>"] = len(model["vocab"])
            (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False), encoding="utf-8")
            (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in model["merges"]), encoding="utf-8")
        else:
            shutil.copy(HERE / "sentencepiece" / "llama-bpe" / "tokenizer.model", folder)
        (folder / "config.json").write_text(json.dumps({"model_type": {"llama-added": "llama"}.get(name, name)}) + "\n")
        if config:
            (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
        tokenizer = AutoTokenizer.from_pretrained(folder)
        golden = []
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False)
            golden.append({"text": text, "ids": tokenizer.encode(text), "ids_without_special": ids})
        (folder / "golden.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        print(name, type(tokenizer).__name__, len(golden), "texts")


if __name__ == "__main__":
    main()
