#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes a virtual environment with the pinned packages of requirements.txt.
#
#   Benchmarks/peers/make-venv.sh FOLDER
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: make-venv.sh FOLDER}
[ -x "$folder/bin/pip" ] || python3 -m venv "$folder"
"$folder/bin/pip" install --quiet -r "$here/requirements.txt"
"$folder/bin/pip" list
