# SPDX-License-Identifier: Apache-2.0

SWIFT ?= swift
OUT ?= out
HALFTONE = .build/release/halftone

.PHONY: demo test test-portable test-sanitized prerequisites build format lint clean

# A debug build of Swift, with the kernels optimized: without that, tests take three times as long.
TEST = HALFTONE_PYTHON=$(CURDIR)/.venv/bin/python $(SWIFT) test -Xcc -O2

# Builds, quantizes the trained example model, proves the result and writes an HTML report.
demo: build
	examples/quantize-and-verify.sh $(HALFTONE) $(OUT)

# Runs all tests.
test: prerequisites
	$(TEST)

# The tests that come to a kernel, with those that every processor has; after `make test`.
test-portable:
	HALFTONE_ISA=scalar $(TEST) --skip-build --skip 'EndToEndTests|TokenizationTests|CheckpointsTests|CommandTests|MutationTests'

# The tests of what is done within this process, under the address sanitizer. The test runner itself
# leaks a few bytes, so leaks are not looked for.
test-sanitized: prerequisites
	ASAN_OPTIONS=detect_leaks=0 $(TEST) --sanitize=address --scratch-path .build-asan --skip 'EndToEndTests|CommandTests'

build: prerequisites
	$(SWIFT) build -c release --product halftone

# Installs what is missing: OpenBLAS, zstd, and a Python environment for the independent reader.
prerequisites:
	.ci/prerequisites

format:
	$(SWIFT) format -i -r Sources Tests Package.swift examples/embed/Sources

lint:
	$(SWIFT) format lint --strict -r Sources Tests Package.swift examples/embed/Sources

clean:
	rm -rf .build .build-* .venv $(OUT)
