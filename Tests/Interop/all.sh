#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every interop script with its runtime and writes the table in formats/README.md from what they found.
#
#   Tests/Interop/all.sh [FOLDER]
#
# FOLDER (default: .interop in the checkout) keeps the runtimes' virtual environments (environment.py; about 20 GB),
# llama.cpp as it is built, the results and what each script printed. A first run downloads and builds for an hour or
# two. With HALFTONE_INTEROP_QUICK=1 every script tries one family and one scheme, to see whether all is installed;
# the table is then left as it is. Goes on after a script that fails and exits 1 at the end if one did.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mkdir -p "${1:-$root/.interop}"
folder=$(cd "${1:-$root/.interop}" && pwd)
export HALFTONE_INTEROP_RESULTS="$folder/results.jsonl"
: >"$HALFTONE_INTEROP_RESULTS"
(cd "$root" && swift build -c release --product halftone) || exit 1

failed=
# NAME SCRIPT [OPTION...]
try() {
  name=$1
  shift
  printf '%s ... ' "$name"
  if python3 "$@" --venv "$folder" >"$folder/$name.log" 2>&1; then
    grep -i '^skipped' "$folder/$name.log" || echo ok
  else
    echo "failed; see $folder/$name.log"
    failed="$failed $name"
  fi
}

for script in "$here"/*.py; do
  name=$(basename "$script" .py)
  # Parts of the others, and comparisons that are not with a runtime's files.
  case $name in environment | record | table | *_cases | llama_cpp | llama_cpp_convert | configuration_keys) continue ;; esac
  try "$name" "$script"
done
try transformers4_loads_bitsandbytes "$here/transformers_loads_bitsandbytes.py" --transformers 4

test -n "${HALFTONE_INTEROP_QUICK:-}" || python3 "$here/table.py" "$HALFTONE_INTEROP_RESULTS"
test -z "$failed"
