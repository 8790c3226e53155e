#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The whole way on the trained example model: read, quantize, write, verify, report.
#
#     examples/quantize-and-verify.sh [HALFTONE] [OUTPUT_FOLDER]
set -euo pipefail
examples=$(cd "$(dirname "$0")" && pwd)
halftone=${1:-halftone}
out=${2:-out}
mkdir -p "$out"

echo "== quantize: NF4 with double quantization"
"$halftone" quantize "$examples/ref-llama" -o "$out/ref-llama.tone" --scheme nf4 --double-quant --overwrite
echo
echo "== check: every checksum and every structural rule"
"$halftone" check "$out/ref-llama.tone"
echo
echo "== verify: the original against the candidate, on the same tokens"
"$halftone" verify "$examples/ref-llama" "$out/ref-llama.tone" --text "$examples/eval.txt" \
  --limit-ppl 0.02 --html "$out/report.html" --overwrite
echo
echo "The report is $out/report.html"
