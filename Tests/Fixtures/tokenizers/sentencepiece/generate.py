#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the small SentencePiece models of this folder and writes what SentencePiece makes of some texts.

    pip install sentencepiece==0.2.*; Tests/Fixtures/tokenizers/sentencepiece/generate.py

Each model is trained on the same sentences: the start of examples/eval.txt and the words below. `golden.json` is
a list of {text, ids, ids_without_special, decoded}; `ids` are those without special tokens, framed by what the
model's tokenizer_config.json asks for. Nothing in it is random.
"""
import json
import pathlib
import sys

import sentencepiece
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

HERE = pathlib.Path(__file__).parent
EVAL = HERE.parents[3] / "examples" / "eval.txt"
MULTILINGUAL = """Größe und Straße über Äpfel, naïve café à la crème brûlée.
Быстрая коричневая лиса прыгает через ленивую собаку.
Ταχίστη αλώπηξ βαφής ψημένη γη, δρασκελίζει υπέρ νωθρού κυνός.
日本語のテキストを分割します。これは試験です。 中文分词测试，今天天气很好。 한국어 문장을 나눕니다.
नमस्ते दुनिया यह एक परीक्षण है। สวัสดีชาวโลก مرحبا بالعالم שלום עולם
1234567890 0x1F 3.14159 2024-01-31 ½ ² ﬁ Ⅷ ① ｆｕｌｌ ｗｉｄｔｈ
😀👍🏽 family ❤️ → ≤ ≥ ∞ × ÷
""".splitlines()
TEXTS = ["", " ", "   ", "Hello, World!", "  two  spaces  ", "tab\tand\nnewline\r\n", "it's 1234567 - don't", "a.b..c!!d",
         "naïve café Ünïcödé", "e\u0301 A\u030a ﬁ ² ½ Ⅷ", "日本語のテキスト 한국어", "🙂👍🏽 family 👩‍👩‍👧", "<s>x</s> <unk> <0x41>",
         "▁already ▁there▁", "x" * 200, " " * 50, "\n\n\n", "a\u00a0b\u3000c\u200bd", "<sep>one<sep>two <sep> <|user|>hi<|user|>",
         "def f(x):\n    return x ** 2\n", "ＦＵＬＬ ｗｉｄｔｈ", "\u0000 \u0001\u007f\u0085", "𠀀𝒳 \ue000 \U0010ffff", "identifiers identifier",
         "the operator of the class is a function that returns the same object as the attribute", "hello\u2028world\u2029 \ufeffx\ufffdy"]
SYMBOLS = ["<sep>", "<|user|>", "  "]
# Rewritings of our own: the library's maps are 250 kB each, and one of them is enough here.
RULES = {"ﬁ": "fi", "\t": " ", "\n": " ", "\r": "", "\u3000": " ", "\u00a0": " ", "\u200b": "", "①": "(1)", "e\u0301": "é",
         "e\u0301\u0301": "ee", "...": "…", "ＦＵ": "fu", "A": "a", "H": "h", "  ": " ", "x\ufeff": "  y  "}
MODELS = {
    "llama-bpe": dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", split_digits=True,
                      allow_whitespace_only_pieces=True, remove_extra_whitespaces=False, vocab_size=700),
    "bpe-rules": dict(model_type="bpe", vocab_size=500, user_defined_symbols=SYMBOLS[:2]),
    "bpe-no-prefix": dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", add_dummy_prefix=False,
                          remove_extra_whitespaces=False, vocab_size=700, user_defined_symbols=SYMBOLS),
    "unigram-nmt": dict(model_type="unigram", vocab_size=500),
    "unigram-bytes": dict(model_type="unigram", byte_fallback=True, normalization_rule_name="identity", vocab_size=700,
                          remove_extra_whitespaces=False, split_digits=True, user_defined_symbols=SYMBOLS),
    "unigram-suffix": dict(model_type="unigram", treat_whitespace_as_suffix=True, vocab_size=450, unk_surface="?",
                           user_defined_symbols=SYMBOLS[:1]),
}
CONFIGS = {
    "llama-bpe": {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": False, "legacy": False,
                  "bos_token": "<s>", "eos_token": "</s>"},
    "unigram-bytes": {"add_bos_token": True, "add_eos_token": True, "bos_token": {"content": "<s>"}, "eos_token": "</s>"},
}


def sentences():
    lines = [line for line in EVAL.read_text(encoding="utf-8")[:60_000].splitlines() if line.strip()]
    return lines + MULTILINGUAL * 4


def write_rules(path):
    """The rules in the library's form: the characters' numbers in hexadecimal, a tab between both sides."""
    numbers = lambda text: " ".join(f"{ord(c):X}" for c in text)
    path.write_text("".join(f"{numbers(key)}\t{numbers(value)}\n" for key, value in RULES.items()))
    return str(path)


def train(name, options):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    if name in ("bpe-rules", "unigram-suffix"):
        options = dict(options, normalization_rule_tsv=write_rules(folder / "rules.tsv"))
    with open(folder / "tokenizer.model", "wb") as file:
        SentencePieceTrainer.train(sentence_iterator=iter(sentences()), model_writer=file, num_threads=1, minloglevel=2,
                                   character_coverage=0.98, hard_vocab_limit=False, **options)
    (folder / "rules.tsv").unlink(missing_ok=True)
    if name in CONFIGS:
        (folder / "tokenizer_config.json").write_text(json.dumps(CONFIGS[name], indent=1) + "\n")
    processor = SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    config = CONFIGS.get(name, {})
    golden = []
    for text in TEXTS + sentences()[:200:8] + MULTILINGUAL:
        # SentencePiece never finds control tokens in text; with a configuration, Transformers does.
        if config and "<s>" in text:
            continue
        plain = processor.encode(text)
        ids = [processor.bos_id()] * config.get("add_bos_token", False) + plain
        ids += [processor.eos_id()] * config.get("add_eos_token", False)
        golden.append({"text": text, "ids": ids, "ids_without_special": plain, "decoded": processor.decode(plain)})
    (folder / "golden.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(name, processor.get_piece_size(), "pieces", len(golden), "texts")


def main():
    print("sentencepiece", sentencepiece.__version__)
    for name, options in MODELS.items():
        if len(sys.argv) < 2 or name in sys.argv[1:]:
            train(name, options)


if __name__ == "__main__":
    main()
