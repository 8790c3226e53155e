#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Converts a checkpoint with llama.cpp's own converter, whatever tokenizer it has.

    llama_cpp_convert.py LLAMA_CPP CHECKPOINT FILE.gguf [f32|f16|bf16|q8_0] [--pre NAME] [--split-tensors N]

LLAMA_CPP is llama.cpp's source folder. Needs torch, transformers and gguf. The converter stops at a
tokenizer whose hash it does not know; here the name of its rule is given with --pre, and a checkpoint
without a tokenizer gets a made-up vocabulary. Tensors and all other metadata are the converter's work.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path


def made_up_vocabulary(self):
    """As many tokens as the embedding has rows."""
    size = self.hparams.get("vocab_size") or self.hparams["n_vocab"]
    self.gguf_writer.add_tokenizer_model("llama")
    self.gguf_writer.add_tokenizer_pre("default")
    self.gguf_writer.add_token_list(["<unk>", "<s>", "</s>"] + [f"t{i}" for i in range(3, size)])
    self.gguf_writer.add_token_scores([-float(i) for i in range(size)])
    self.gguf_writer.add_token_types([2, 3, 3] + [1] * (size - 3))
    self.gguf_writer.add_bos_token_id(1)
    self.gguf_writer.add_eos_token_id(2)


def with_token_count(checkpoint, size, folder):
    """The checkpoint beside a tokenizer of `size` tokens, which some classes count."""
    for path in checkpoint.iterdir():
        (folder / path.name).symlink_to(path.resolve())
    vocabulary = {f"t{i}": i for i in range(size)}
    (folder / "tokenizer.json").write_text(
        json.dumps({"model": {"vocab": vocabulary}, "added_tokens": []}))
    return folder


def supply_defaults(base, hparams):
    """Some of the converter's classes look for keys that Transformers 5 calls otherwise or leaves out."""
    load = base.load_hparams
    rotary = hparams.get("rope_parameters") or {}
    defaults = {"n_ctx": hparams.get("n_positions"),
                "rotary_pct": rotary.get("partial_rotary_factor", 1)}
    base.load_hparams = staticmethod(lambda *a, **k: {**defaults, **load(*a, **k)})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("llama_cpp", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("type", nargs="?", default="f32")
    parser.add_argument("--pre", default="llama-bpe")
    parser.add_argument("--split-tensors", type=int, default=0)
    arguments = parser.parse_args()

    sys.path[:0] = [str(arguments.llama_cpp / "gguf-py"), str(arguments.llama_cpp)]
    import gguf
    import torch
    from conversion import ModelBase, ModelType, get_model_architecture, get_model_class

    types = {
        "f32": gguf.LlamaFileType.ALL_F32, "f16": gguf.LlamaFileType.MOSTLY_F16,
        "bf16": gguf.LlamaFileType.MOSTLY_BF16, "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    }
    hparams = ModelBase.load_hparams(arguments.checkpoint, False)
    model_class = get_model_class(get_model_architecture(hparams, ModelType.TEXT))
    supply_defaults(ModelBase, hparams)
    model_class.get_vocab_base_pre = lambda self, tokenizer: arguments.pre
    with torch.inference_mode(), tempfile.TemporaryDirectory() as temporary:
        checkpoint = arguments.checkpoint
        names = {path.name for path in checkpoint.iterdir()}
        if not names & {"tokenizer.json", "tokenizer.model"}:
            model_class.set_vocab = made_up_vocabulary
            checkpoint = with_token_count(checkpoint, hparams["vocab_size"], Path(temporary))
        model_class(checkpoint, types[arguments.type], arguments.output,
                    split_max_tensors=arguments.split_tensors).write()


if __name__ == "__main__":
    main()
