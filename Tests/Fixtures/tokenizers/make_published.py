#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes published.json: small tokenizers put together as those of published models are (pip install 'tokenizers==0.23.*').

Each is trained on the start of examples/eval.txt and some sentences in other scripts, behind the normalizers and
pre-tokenizers of the family that it is named after; the file has the form of parts.json. Nothing in it is random.

    make_published.py            writes published.json
    make_published.py FOLDER     writes FOLDER/NAME/tokenizer.json, for Benchmarks/compare_tokenizers.py
"""
import json
import pathlib
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
EVAL = HERE.parents[2] / "examples" / "eval.txt"
SENTENCES = """Größe und Straße über Äpfel, naïve café à la crème brûlée; l'été d'aujourd'hui.
Быстрая КОРИЧНЕВАЯ лиса прыгает через ленивую собаку 12 345 раз!
日本語のテキストを分割します。これは試験です。 中文分词测试，今天天气很好。 한국어 문장을 나눕니다.
नमस्ते दुनिया यह एक परीक्षण है। สวัสดีชาวโลก مرحبا بالعالم، שלום עולם
1234567890 0x1F 3.14159 2024-01-31 ½ ² ﬁ Ⅷ 😀👍🏽 family ❤️ → ≤ ≥ ∞ × ÷ $100 €5 #tag @name
camelCaseWords HTTPServer iPhone McDonald'S I'LL we'Ve DON'T it's a_b __init__ x/y//z \\\\path
""".splitlines()
TEXTS = ["", " ", "Hello, World!", "  two  spaces \n\n\n next", "it's I'M we'LL 'ſ DON'T o'clock", "1 12 123 1234 1234567 ٣٤٥ ½²",
         "HTTPServer camelCase iPhone ǅungla ÉTÉ naïve cafe\u0301 A\u030a", "日本語のテキスト。中文，分词 한국어 ラーメン",
         "def f(x):\r\n\treturn x**2  # ok\n\n\n", "a/b//c \\d [e] {f} (g) <h> |i| ~j `k` ^l $m +n =o", "🙂👍🏽 family 👩‍👩‍👧 ❤️",
         "مرحبا بالعالم، ـ۔ नमस्ते दुनिया।", "x\u00a0y\u3000z\u2028w\u0085v\u000bu", "<|end|>  \n<|user|>hi<|end|>x <s> </s>",
         "!!!??? ... …。，", "word!word ?!A -B _C 'd \"e", " " * 20 + "x" + "\t" * 5]

QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CL100K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s")
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
TEKKEN = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
    r"\p{N}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
HAN = "|".join([
    r"[\p{Han}]+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
DEEPSEEK = [
    r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"]
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"
BEFORE_WORD = r"^.|\n^ |x$"


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def byte_level(*before, prefix=False, regex=False):
    last = pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)
    return pre_tokenizers.Sequence([*before, last]) if before else last


STYLES = {
    "gpt2": dict(pre=byte_level(regex=True)),
    "gpt-oss": dict(pre=byte_level(split(O200K)), ignore=True),
    "mistral-nemo": dict(pre=byte_level(split(TEKKEN)), ignore=True),
    "kimi": dict(pre=byte_level(split(HAN))),
    "gpt-4": dict(pre=byte_level(split(CL100K))),
    "qwen3": dict(pre=byte_level(split(QWEN)), normalizer=normalizers.NFC()),
    "deepseek-v3": dict(pre=byte_level(*map(split, DEEPSEEK)), normalizer=normalizers.Sequence([])),
    "bloom": dict(pre=byte_level(split(BLOOM))),
    "starcoder2": dict(pre=byte_level(pre_tokenizers.Digits(individual_digits=True), regex=True)),
    "command-r": dict(pre=byte_level(pre_tokenizers.Digits(individual_digits=True), regex=True), normalizer=normalizers.NFC()),
    "lines": dict(pre=byte_level(split(BEFORE_WORD))),
    "opt": dict(pre=byte_level(regex=True), before="</s>"),
}


def train(style):
    tokenizer = Tokenizer(models.BPE(ignore_merges=style.get("ignore", False)))
    tokenizer.normalizer = style.get("normalizer")
    tokenizer.pre_tokenizer = style["pre"]
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
                                  special_tokens=["<s>", "</s>"])
    tokenizer.train_from_iterator(EVAL.read_text(encoding="utf-8")[:40_000].splitlines(keepends=True) + SENTENCES * 5, trainer)
    add_tokens(tokenizer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    if "before" in style:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{style['before']} $A", pair=f"{style['before']} $A $B", special_tokens=[(style["before"], 1)])
    return tokenizer


def phi3():
    """Llama 2's parts with added tokens that take the space after them along."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    trainer = trainers.BpeTrainer(vocab_size=600, show_progress=False,
                                  special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)])
    words = [word for line in EVAL.read_text(encoding="utf-8")[:40_000].splitlines() for word in line.split()] + SENTENCES
    tokenizer.train_from_iterator(words, trainer)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(content=" ", left=1, right=0)])
    # Training makes byte tokens special; published files don't.
    content = json.loads(tokenizer.to_str())
    content["added_tokens"] = content["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(content))
    add_tokens(tokenizer)
    return tokenizer


def add_tokens(tokenizer):
    tokenizer.add_special_tokens([AddedToken("<|end|>", rstrip=True, normalized=False, special=True)])
    tokenizer.add_special_tokens([AddedToken("<|user|>", rstrip=True, normalized=False, special=True)])


def main():
    out = []
    for name, tokenizer in [(name, train(style)) for name, style in STYLES.items()] + [("phi3", phi3())]:
        golden = []
        for text in TEXTS + SENTENCES:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            golden.append({"text": text, "ids": tokenizer.encode(text).ids, "ids_without_special": ids,
                           "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
        out.append({"name": name, "tokenizer": json.loads(tokenizer.to_str()), "golden": golden})
    if len(sys.argv) > 1:
        for entry in out:
            folder = pathlib.Path(sys.argv[1], entry["name"])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "tokenizer.json").write_text(json.dumps(entry["tokenizer"]))
        return
    with open(HERE / "published.json", "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(entry, separators=(",", ":"), ensure_ascii=False) for entry in out) + "\n]\n")
    print(len(out), "tokenizers")


if __name__ == "__main__":
    main()
