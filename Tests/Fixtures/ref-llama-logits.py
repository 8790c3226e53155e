# SPDX-License-Identifier: Apache-2.0
"""Makes ref-llama-logits.safetensors with Transformers in float32 arithmetic.

    pip install torch==2.13.0 transformers==5.23.0 safetensors==0.8.0
    python ref-llama-logits.py

The model is `examples/ref-llama`, its bf16 weights widened exactly; attention is the eager
implementation. The input is the first 64 tokens of `examples/eval.txt` (that includes the
beginning-of-text token); only the logits of the last 16 positions are kept.
"""

from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

folder = Path(__file__).resolve().parent
examples = folder.parents[1] / "examples"
torch.set_num_threads(1)

tokenizer = transformers.AutoTokenizer.from_pretrained(examples / "ref-llama")
model = transformers.AutoModelForCausalLM.from_pretrained(
    examples / "ref-llama", dtype=torch.float32, attn_implementation="eager").eval()

text = (examples / "eval.txt").read_text(encoding="utf-8")
ids = torch.tensor(tokenizer(text)["input_ids"][:64], dtype=torch.int32)
positions = torch.arange(48, 64, dtype=torch.int32)
with torch.no_grad():
    logits = model(ids.long().unsqueeze(0)).logits[0]

assert logits.dtype == torch.float32 and torch.isfinite(logits).all()
versions = f"transformers {transformers.__version__}, torch {torch.__version__}"
about = f"examples/ref-llama, float32, {versions}"
save_file(
    {"input_ids": ids, "positions": positions, "logits": logits[48:].contiguous()},
    folder / "ref-llama-logits.safetensors",
    metadata={"description": about})
print(about, "first ids", ids[:8].tolist())
