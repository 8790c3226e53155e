#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes this folder: tiny random checkpoints, and what CTranslate2's own converter makes of them.

    generate.py        with ctranslate2 4.8.5, transformers 5.23.0 and torch 2.13 on a CPU
"""
import json
import shutil
from pathlib import Path

import ctranslate2
import torch
import transformers as t

HERE = Path(__file__).resolve().parent
VOCABULARY = 24

MODELS = {
    "llama": (t.LlamaForCausalLM, t.LlamaConfig(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=VOCABULARY, max_position_embeddings=64, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2),
        ["int8_float16", "float32"]),
    "gpt2": (t.GPT2LMHeadModel, t.GPT2Config(
        n_embd=16, n_layer=2, n_head=2, n_positions=32, vocab_size=VOCABULARY, bos_token_id=1, eos_token_id=2),
        ["int8", "float16"]),
    "bloom": (t.BloomForCausalLM, t.BloomConfig(
        hidden_size=16, n_layer=2, n_head=2, vocab_size=VOCABULARY, bos_token_id=1, eos_token_id=2),
        ["int8", "int16"]),
}


def main():
    for name, (model_class, config, kinds) in MODELS.items():
        torch.manual_seed(2026)
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        model = model_class(config).to(torch.bfloat16)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(torch.randn(parameter.shape) * 0.3 + (parameter.dim() == 1))
        model.save_pretrained(folder)
        tokens = {f"t{i}": i for i in range(VOCABULARY - 2)}
        (folder / "tokenizer.json").write_text(json.dumps({
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": None, "post_processor": None, "decoder": None,
            "model": {"type": "WordLevel", "vocab": tokens, "unk_token": "t0"}}))
        (folder / "tokenizer_config.json").write_text(json.dumps({
            "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "t1", "eos_token": "t2", "unk_token": "t0",
            "pad_token": "t3"}))
        for kind in kinds:
            target = folder / kind
            converter = ctranslate2.converters.TransformersConverter(str(folder), copy_files=["tokenizer.json"])
            if name == "gpt2":  # whose loader does not fill the vocabulary up
                loader = ctranslate2.converters.transformers._MODEL_LOADERS["GPT2Config"]
                loader.get_vocabulary = lambda model, tokenizer: [
                    *sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get), "<extra_id_0>", "<extra_id_1>"]
            converter.convert(str(target), quantization=kind)


if __name__ == "__main__":
    main()
