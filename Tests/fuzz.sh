#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The seeded mutation loops of the readers, at length and in release mode: damaged safetensors files,
# damaged .tone files (with their checksums made right again, so that the damage is read), damaged tokenizer.json and
# tokenizer.model files, damaged models of runtimes and of FP8 and MXFP4 publishers, and GGUF and CTranslate2 files.
#
#     Tests/fuzz.sh [CASES] [SEED] [FILTER]      100,000 cases of each reader by default
#
# FILTER, a regular expression, names some of the test suites: GGUFMutation, Grid, Tone. An empty SEED is the usual one.
set -euo pipefail
cd "$(dirname "$0")/.."
export HALFTONE_FUZZ_CASES=${1:-100000}
if [ -n "${2:-}" ]; then export HALFTONE_FUZZ_SEED=$2; fi
swift test -c release -Xswiftc -enable-testing --scratch-path .build-fuzz --filter "${3:-Mutation}"
