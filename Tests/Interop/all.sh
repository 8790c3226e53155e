#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every interop script with its runtime and writes the table in formats/README.md from what they found.
#
#   Tests/Interop/all.sh [FOLDER]
#
# FOLDER (default: .interop in the checkout) keeps the runtimes' virtual environments, the results and what each
# script printed. Goes on after a script that fails and exits 1 at the end if one did.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=${1:-$root/.interop}
mkdir -p "$folder"
export HALFTONE_INTEROP_RESULTS="$folder/results.jsonl"
: >"$HALFTONE_INTEROP_RESULTS"
(cd "$root" && swift build -c release --product halftone) || exit 1

failed=
for script in "$here"/*.py; do
  name=$(basename "$script" .py)
  # Parts of the others, and comparisons that are not with a runtime's files.
  case $name in environment | record | table | *_cases | llama_cpp | llama_cpp_convert | configuration_keys) continue ;; esac
  printf '%s ... ' "$name"
  if python3 "$script" --venv "$folder/$name" >"$folder/$name.log" 2>&1; then
    echo ok
  else
    echo "failed; see $folder/$name.log"
    failed="$failed $name"
  fi
done
python3 "$here/table.py" "$HALFTONE_INTEROP_RESULTS"
test -z "$failed"
