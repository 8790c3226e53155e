#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Writes one part of a model; run it on as many machines as there are parts, at any time and in any order.
# Each part is a valid file alone; together in one folder they are one model.
#
#     quantize-part.sh MODEL OUTPUT_STEM PART COUNT [options of halftone quantize]
#     sbatch --array=1-8 --wrap 'quantize-part.sh /data/model /out/model $SLURM_ARRAY_TASK_ID 8 --double-quant'
set -euo pipefail
if [ $# -lt 4 ]; then
  echo "usage: $0 MODEL OUTPUT_STEM PART COUNT [options]" >&2
  exit 64
fi
model=$1 stem=$2 part=$3 count=$4
shift 4
output=$(printf '%s-%05d-of-%05d.tone' "$stem" "$part" "$count")
exec "${HALFTONE:-halftone}" quantize "$model" -o "$output" --part "$part/$count" "$@"
