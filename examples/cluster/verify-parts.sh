#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Divides a verification into parts, measures them side by side, and merges them: the same figures as the
# undivided run. A part that is there already is kept, and one that was interrupted goes on where it stopped.
#
#     verify-parts.sh ORIGINAL CANDIDATE FOLDER COUNT --text FILE [options of halftone verify]
#
# Here the parts are background jobs of one machine. On a cluster each is a job of its own, with the same
# command and a folder that all machines see; under SLURM, with PART and the rest of the line set:
#
#     sbatch --array=1-8 --wrap 'PART=$SLURM_ARRAY_TASK_ID verify-parts.sh /data/model /data/model.tone /out 8 --text eval.txt'
#     halftone merge /out/part-*-of-8.json
set -euo pipefail
if [ $# -lt 6 ]; then
  echo "usage: $0 ORIGINAL CANDIDATE FOLDER COUNT --text FILE [options]" >&2
  exit 64
fi
original=$1 candidate=$2 folder=$3 count=$4
shift 4
halftone=${HALFTONE:-halftone}
mkdir -p "$folder"

measure() {
  local part=$1
  shift
  local result="$folder/part-$part-of-$count.json" kept="$folder/part-$part-of-$count.resume"
  [ -e "$result" ] && return
  "$halftone" verify "$original" "$candidate" --part "$part/$count" --json --resume "$kept" "$@" \
    >"$result.unfinished"
  mv "$result.unfinished" "$result"
  rm -f "$kept"
}

if [ -n "${PART:-}" ]; then
  measure "$PART" "$@"
  exit
fi

# As many threads for each as there are processors to go round.
processors=$(getconf _NPROCESSORS_ONLN)
threads=$((processors > count ? processors / count : 1))
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
jobs=()
for part in $(seq "$count"); do
  measure "$part" --threads "$threads" "$@" &
  jobs+=($!)
done
for job in "${jobs[@]}"; do wait "$job"; done
results=()
for part in $(seq "$count"); do results+=("$folder/part-$part-of-$count.json"); done
exec "$halftone" merge "${results[@]}"
