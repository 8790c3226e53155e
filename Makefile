# SPDX-License-Identifier: Apache-2.0

SWIFT ?= swift
OUT ?= out
HALFTONE = .build/release/halftone

.PHONY: demo test prerequisites build format lint clean

# Builds, quantizes the trained example model, proves the result and writes an HTML report.
demo: build
	examples/quantize-and-verify.sh $(HALFTONE) $(OUT)

# Runs all tests.
test: prerequisites
	HALFTONE_PYTHON=$(CURDIR)/.venv/bin/python $(SWIFT) test

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
