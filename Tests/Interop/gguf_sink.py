#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GGUF files that Halftone writes are those of llama.cpp's converter and quantizer, and run there.

    gguf_sink.py [--venv FOLDER] [--llama-cpp FOLDER --build FOLDER --python FILE] [--halftone FILE] [--keep FOLDER]
                 [--only NAME...]

For each family in Tests/Fixtures/families, in F32: every tensor (name, type, shape, bytes) and every metadata value
is the converter's, but for the differences that this file lists; llama.cpp loads the file, and its logits are the
checkpoint's; read back, the file is the checkpoint to the bit. For each type and mix: every tensor's type and bytes
are those of llama-quantize run on the F32 file. For each tokenizer in Tests/Fixtures/tokenizers: llama.cpp cuts the
golden texts into the golden ids. The trained checkpoint in examples/ goes through all of it.

Exit 0 if everything holds, 1 after all that does not.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import llama_cpp
from environment import NotInstalled, limited
from record import record

REPOSITORY = llama_cpp.REPOSITORY
FAMILIES = REPOSITORY / "Tests/Fixtures/families"
TOKENIZERS = REPOSITORY / "Tests/Fixtures/tokenizers"
TRAINED = REPOSITORY / "examples/ref-llama"

REFUSED = {"opt": "no architecture", "falcon-rw": "biases and ALiBi"}
# Relative error of llama.cpp's logits to those of Transformers in fp32. Families with GELU: llama.cpp looks it up
# in a table of half-precision numbers (GGML_GELU_FP16). Built without that table, those that approximate GELU are at
# 1e-6, and those that don't (Falcon, GPT-NeoX, MPT), for which llama.cpp does, at 2e-4.
LIMIT, GELU_LIMIT = 1e-4, 6e-4
GELU = {"bloom", "falcon-40b", "falcon-7b", "gemma", "gemma2", "gemma3", "gpt-neox", "gpt2", "mpt", "phi", "starcoder2"}
# What llama.cpp does not do: Mistral's window of 16 tokens.
ROWS = {"mistral": 16}
# Metadata that differs on purpose. The converter writes 2048 for every Falcon, and for BLOOM the width of its
# states; leaves rope.freq_base to the reader where the class is not a descendant of its common one, and the file
# type and expert_gating_func to be guessed.
DIFFERENT = {
    "falcon.context_length", "bloom.context_length", "general.name", "deepseek2.expert_gating_func",
    "gptneox.rope.freq_base", "gemma.rope.freq_base", "gemma2.rope.freq_base", "falcon.rope.freq_base",
    "phi2.rope.freq_base", "stablelm.rope.freq_base",
}
MORE = {"gpt-neox": {"general.file_type"}, "mpt": {"general.file_type"}}
# Of the converter's special tokens and flags for tokenizers, those that say nothing: texts get no end.
SILENT = {"tokenizer.ggml.add_eos_token"}
TOKENIZER_KINDS = ["llama3", "qwen2", "phi2", "gpt-neox", "falcon", "llama2", "mistral", "gemma"]
MIXES = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S",
         "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "IQ4_NL", "IQ4_XS", "MXFP4_MOE"]
FAMILY_MIXES = ["Q8_0", "Q4_0", "Q4_K_M", "Q2_K"]
# llama.cpp composes no characters, and writes a space before texts that begin with one and after special tokens.
CUT_OTHERWISE = {
    "gpt-neox": lambda text: "e\u0301" in text, "qwen2": lambda text: "e\u0301" in text,
    "mistral": lambda text: text.startswith(" ") or "<s>" in text,
}


def byte_alphabet():
    """The characters that stand for bytes in GPT-2's tokenizers."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in shown else chr(next(others)) for byte in range(256)]


def made_up_tokenizer(size):
    """LLaMA 3's kind with all bytes and no merges."""
    tokens = ["<s>", "</s>", "<unk>", "<|endoftext|>", *byte_alphabet()]
    tokens += [f"t{i}" for i in range(len(tokens), size)]
    template = json.loads((TOKENIZERS / "llama3/tokenizer.json").read_text())
    template["added_tokens"] = [
        {"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True} for i, token in enumerate(tokens[:4])]
    template["post_processor"] = None
    template["model"].update(vocab={token: i for i, token in enumerate(tokens)}, merges=[])
    return template


class Bench:
    def __init__(self, arguments, folder):
        self.llama, self.folder, self.halftone_path = llama_cpp.LlamaCpp(arguments), folder, arguments.halftone
        sys.path.insert(0, str(self.llama.source / "gguf-py"))
        self.failed = []

    def halftone(self, *command):
        return llama_cpp.run(self.halftone_path, *command)

    def quantized(self, checkpoint, type, output):
        self.halftone("quantize", checkpoint, "--to", "gguf", "--scheme", type.lower(), "-o", output, "--overwrite")
        return output

    def case(self, family, scheme, compared, work):
        """Runs one comparison, says what came of it and goes on."""
        try:
            detail, result = work() or "", "pass"
        except Exception as error:
            detail, result = str(error), "fail"
            self.failed.append(f"{family} {scheme}")
        print(f"{family:14} {scheme:10} {result:5} {compared}: {detail}", flush=True)
        record("gguf", family, scheme.lower(), result, llama_cpp.PEER, compared, detail[:300])

    def read(self, path):
        import gguf
        reader = gguf.GGUFReader(path)
        fields = {name: ([type.name for type in field.types], field.contents())
                  for name, field in reader.fields.items() if not name.startswith("GGUF.")}
        tensors = {tensor.name: (tensor.tensor_type.name, [int(n) for n in tensor.shape], tensor.data.tobytes())
                   for tensor in reader.tensors}
        return fields, tensors

    def same_tensors(self, ours, theirs):
        for name in sorted(ours.keys() | theirs.keys()):
            a, b = ours.get(name), theirs.get(name)
            assert a and b, f"{name} is in one file only"
            assert a[:2] == b[:2], f"{name}: {a[:2]} instead of {b[:2]}"
            assert a[2] == b[2], f"{name}: other bytes"
        return f"{len(theirs)} tensors"

    def same_fields(self, ours, theirs, ignored):
        for key in sorted(ours.keys() | theirs.keys()):
            if key not in ignored:
                assert ours.get(key) == theirs.get(key), f"{key}: {ours.get(key)} instead of {theirs.get(key)}"
        return f"{len(ours)} metadata values"

    def logits(self, file, ids, context=512):
        import numpy
        found = self.llama.logits(file, ids, self.folder / "logits.bin", context)
        return numpy.fromfile(found, dtype=numpy.float32).reshape(len(ids), -1)


def error(found, expected):
    import numpy
    return float(numpy.linalg.norm(found - expected) / numpy.linalg.norm(expected))


def golden(name):
    from safetensors.numpy import load_file
    values = load_file(FAMILIES / name / "golden.safetensors")
    ids = values["input_ids"].reshape(-1).tolist()
    return ids, values["logits"].reshape(len(ids), -1)


def prepare(bench, name):
    """The family's checkpoint for us, and as the converter takes it."""
    ours, theirs = bench.folder / name / "ours", bench.folder / name / "theirs"
    shutil.rmtree(bench.folder / name, ignore_errors=True)
    config = json.loads((FAMILIES / name / "config.json").read_text())
    for folder in (ours, theirs):
        folder.mkdir(parents=True)
        (folder / "model.safetensors").symlink_to(FAMILIES / name / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(config))
    (ours / "tokenizer.json").write_text(json.dumps(made_up_tokenizer(config["vocab_size"])))
    (ours / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>"}))
    changed = dict(config)
    if name == "mpt":
        # The converter knows the class under the name that its authors gave it, and none of its defaults.
        changed["architectures"] = ["MPTForCausalLM"]
        changed["attn_config"] = {"clip_qkv": None, "alibi": True, "alibi_bias_max": 8, **config.get("attn_config", {})}
    if name == "falcon-7b":
        # Transformers takes one head for keys and values whatever the number says.
        changed["num_kv_heads"] = 1
    if name == "qwen3-moe":
        only_sparse(ours, theirs, changed)
    (theirs / "config.json").write_text(json.dumps(changed))
    return ours, theirs


def only_sparse(ours, theirs, config):
    """Without the first layer, which has no experts and therefore no place in the architecture."""
    from safetensors.torch import load_file, save_file
    tensors = {}
    for tensor, value in load_file(FAMILIES / "qwen3-moe/model.safetensors").items():
        parts = tensor.split(".")
        if parts[1] == "layers":
            if parts[2] == "0":
                continue
            parts[2] = str(int(parts[2]) - 1)
        tensors[".".join(parts)] = value
    config.update(mlp_only_layers=[], num_hidden_layers=config["num_hidden_layers"] - 1)
    for folder in (ours, theirs):
        (folder / "model.safetensors").unlink()
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text(json.dumps(config))


def family(bench, name):
    if name in REFUSED:
        def refuse():
            try:
                bench.quantized(FAMILIES / name, "f32", bench.folder / "refused.gguf")
            except RuntimeError as error:
                assert "llama.cpp" in str(error), error
                return
            raise AssertionError("is not refused")
        bench.case(name, "F32", "refused by name", refuse)
        record("gguf", name, "f32", "refused", llama_cpp.PEER, "", REFUSED[name])
        return
    ours, theirs = prepare(bench, name)
    file = bench.folder / f"{name}.gguf"
    state = {}

    def converted():
        bench.quantized(ours, "f32", file)
        state["ours"] = bench.read(file)
        state["theirs"] = bench.read(bench.llama.convert(theirs, bench.folder / f"{name}-converter.gguf"))
        tokenizer = {key for key in {**state["ours"][0], **state["theirs"][0]} if key.startswith("tokenizer.")}
        ignored = DIFFERENT | MORE.get(name, set()) | tokenizer
        return (bench.same_tensors(state["ours"][1], state["theirs"][1]) + ", "
                + bench.same_fields(state["ours"][0], state["theirs"][0], ignored))

    def computed():
        ids, expected = golden(name)
        if name == "qwen3-moe":
            from safetensors.numpy import load_file
            bench.halftone("logits", ours, "--tokens", ",".join(map(str, ids)), "-o", bench.folder / "l.safetensors",
                           "--overwrite")
            expected = load_file(bench.folder / "l.safetensors")["logits"]
        rows = ROWS.get(name, len(ids))
        found = error(bench.logits(file, ids)[:rows], expected[:rows])
        assert found <= (GELU_LIMIT if name in GELU else LIMIT), f"relative error {found:.1e}"
        return f"relative error {found:.1e}"

    def read_back():
        report = json.loads(bench.halftone("report", ours, file, "--json"))["total"]
        limit = 1e-7 if name.startswith("gemma") else 0
        assert report["max_absolute_error"] <= limit, report
        return "every weight"

    bench.case(name, "F32", "bytes and metadata of the converter's file", converted)
    bench.case(name, "F32", "logits", computed)
    bench.case(name, "F32", "read back", read_back)
    for mix in limited(FAMILY_MIXES, "Q4_K_M"):
        bench.case(name, mix, "bytes of llama-quantize", lambda: quantizer(bench, ours, file, name, mix))


def quantizer(bench, checkpoint, f32, name, mix):
    ours = bench.quantized(checkpoint, mix, bench.folder / f"{name}-ours.gguf")
    theirs = bench.llama.quantize(f32, bench.folder / f"{name}-theirs.gguf", mix)
    (our_fields, our_tensors), (their_fields, their_tensors) = bench.read(ours), bench.read(theirs)
    return bench.same_tensors(our_tensors, their_tensors) + ", " + bench.same_fields(our_fields, their_fields, set())


def trained(bench):
    file = bench.folder / "ref-llama.gguf"

    def converted(type):
        bench.quantized(TRAINED, type, bench.folder / f"ref-llama-{type}.gguf")
        ours = bench.read(bench.folder / f"ref-llama-{type}.gguf")
        theirs = bench.read(bench.llama.convert(TRAINED, bench.folder / f"ref-llama-{type}-converter.gguf", type.lower()))
        return (bench.same_tensors(ours[1], theirs[1]) + ", "
                + bench.same_fields(ours[0], theirs[0], {"general.name"} | SILENT))

    def computed():
        from safetensors.numpy import load_file
        values = load_file(REPOSITORY / "Tests/Fixtures/ref-llama-logits.safetensors")
        ids = values["input_ids"].reshape(-1).tolist()
        # Of the golden logits, the last positions are kept.
        found = error(bench.logits(file, ids)[values["positions"]], values["logits"])
        assert found <= LIMIT, f"relative error {found:.1e}"
        return f"relative error {found:.1e}"

    for type in ["F32", "F16", "BF16"]:
        bench.case("ref-llama", type, "bytes and metadata of the converter's file", lambda: converted(type))
    bench.quantized(TRAINED, "f32", file)
    bench.case("ref-llama", "F32", "logits", computed)
    for mix in limited(MIXES, "Q4_K_M"):
        bench.case("ref-llama", mix, "bytes of llama-quantize",
                   lambda: quantizer(bench, TRAINED, file, "ref-llama", mix))


def tokenizer(bench, kind):
    """LLaMA's fixture with another vocabulary."""
    import numpy
    from safetensors.torch import load_file, save_file
    folder = bench.folder / f"tokenizer-{kind}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in (TOKENIZERS / kind).iterdir():
        if path.name != "golden.json":
            shutil.copy(path, folder / path.name)
    description = json.loads((folder / "tokenizer.json").read_text())
    ids = [*description["model"]["vocab"].values(), *(token["id"] for token in description["added_tokens"])]
    size = max(ids) + 4
    config = json.loads((FAMILIES / "llama/config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": size}))
    tensors = load_file(FAMILIES / "llama/model.safetensors")
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        tensors[name] = tensors[name].repeat(size // tensors[name].shape[0] + 1, 1)[:size].contiguous()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    file = bench.quantized(folder, "f32", folder / "model.gguf")
    count = 0
    for entry in json.loads((TOKENIZERS / kind / "golden.json").read_text()):
        if CUT_OTHERWISE.get(kind, lambda text: False)(entry["text"]):
            continue
        found = numpy.fromfile(bench.llama.tokens(file, entry["text"], folder / "ids.bin"), dtype=numpy.int32).tolist()
        assert found == entry["ids"], f"{entry['text']!r}: {found} instead of {entry['ids']}"
        count += 1
    return f"{count} texts"


# Scalings of rotary positions, as they are said in config.json; each becomes keys or a tensor of its own.
SCALINGS = {
    "llama linear": {"rope_scaling": {"type": "linear", "factor": 4.0}},
    "llama yarn": {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64,
                                    "beta_fast": 32.0, "beta_slow": 1.0}},
    "llama llama3": {"rope_theta": 500000.0,
                     "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                      "high_freq_factor": 4.0, "original_max_position_embeddings": 128}},
    "phi3 longrope": {"original_max_position_embeddings": 256, "max_position_embeddings": 1024,
                      "rope_scaling": {"type": "longrope", "short_factor": [1.0 + 0.02 * i for i in range(8)],
                                       "long_factor": [1.5 + 0.25 * i for i in range(8)]}},
}


def scaling(bench, name):
    """A family's checkpoint with another scaling: against the converter, and llama.cpp against us."""
    from safetensors.numpy import load_file
    ours, theirs = prepare(bench, name.split()[0])
    for folder in (ours, theirs):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **SCALINGS[name]}))
    stem = name.replace(" ", "-")
    file = bench.quantized(ours, "f32", bench.folder / f"{stem}.gguf")
    our_fields, our_tensors = bench.read(file)
    their_fields, their_tensors = bench.read(bench.llama.convert(theirs, bench.folder / f"{stem}-converter.gguf"))
    tokenizer = {key for key in {**our_fields, **their_fields} if key.startswith("tokenizer.")}
    found = bench.same_tensors(our_tensors, their_tensors)
    # llama.cpp reads these two for no architecture that is written; others than these are refused.
    ignored = {"llama.rope.scaling.yarn_beta_fast", "llama.rope.scaling.yarn_beta_slow"}
    bench.same_fields(our_fields, their_fields, DIFFERENT | tokenizer | ignored)
    ids = [7 * i % 500 + 3 for i in range(48)]
    bench.halftone("logits", ours, "--tokens", ",".join(map(str, ids)), "-o", bench.folder / "l.safetensors",
                   "--overwrite")
    expected = load_file(bench.folder / "l.safetensors")["logits"]
    # llama.cpp takes the factors for short texts where its context is no longer than the model's first one.
    distance = error(bench.logits(file, ids, context=256), expected)
    assert distance <= LIMIT, f"relative error {distance:.1e}"
    return f"{found}, relative error {distance:.1e}"


def sentencepiece(bench):
    """LLaMA's fixture with a tokenizer.model: what the converter says of it."""
    from safetensors.torch import load_file, save_file
    folder = bench.folder / "sentencepiece"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(TOKENIZERS / "older/llama-added", folder)
    (folder / "golden.json").unlink()
    size = 1200
    config = json.loads((FAMILIES / "llama/config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": size}))
    tensors = load_file(FAMILIES / "llama/model.safetensors")
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        tensors[name] = tensors[name].repeat(size // tensors[name].shape[0] + 1, 1)[:size].contiguous()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    ours, _ = bench.read(bench.quantized(folder, "f32", bench.folder / "sentencepiece.gguf"))
    theirs, _ = bench.read(bench.llama.convert(folder, bench.folder / "sentencepiece-converter.gguf"))
    # Without tokenizer.json the converter does not find the unknown token.
    return bench.same_fields(ours, theirs, {"general.name", "tokenizer.ggml.unknown_token_id"})


def skip(reason):
    print(f"skipped: llama.cpp can't be had: {reason}")
    record("gguf", "all", "all", "skip", llama_cpp.PEER, "", str(reason)[-300:])


def main():
    parser = argparse.ArgumentParser()
    llama_cpp.add_arguments(parser)
    parser.add_argument("--only", nargs="*", help="families, ref-llama, tokenizers or scalings")
    arguments = parser.parse_args()
    try:
        llama_cpp.run_with_packages(arguments)
    except (RuntimeError, NotInstalled) as reason:
        return skip(reason)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            bench = Bench(arguments, folder)
        except RuntimeError as reason:
            return skip(reason)
        names = [path.name for path in sorted(FAMILIES.iterdir()) if path.is_dir()]
        for name in arguments.only or [*limited(names, "llama"), "ref-llama", "tokenizers", "scalings"]:
            if name == "ref-llama":
                trained(bench)
            elif name == "tokenizers":
                for kind in limited(TOKENIZER_KINDS):
                    bench.case(f"tokenizer {kind}", "F32", "ids of golden texts", lambda: tokenizer(bench, kind))
                bench.case("tokenizer.model", "F32", "metadata of the converter's file", lambda: sentencepiece(bench))
            elif name == "scalings":
                for scaled in limited(SCALINGS):
                    bench.case(scaled, "F32", "bytes and metadata of the converter's file, logits",
                               lambda: scaling(bench, scaled))
            else:
                family(bench, name)
    if bench.failed:
        sys.exit(f"failed: {', '.join(bench.failed)}")


if __name__ == "__main__":
    main()
