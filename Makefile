# On a machine with Rust, Python >= 3.10 and make: `make demo`, `make test`. `make help` lists the rest.

PYTHON ?= python3
CARGO ?= cargo

# What the tests read beside this tree; tests that need it say so where it is missing.
ARROWND_SHARED ?= $(wildcard $(abspath ../shared))
ARROW_TEST_DATA ?= $(if $(ARROWND_SHARED),$(wildcard $(ARROWND_SHARED)/arrow-testing/data))
ifneq ($(ARROWND_SHARED),)
export ARROWND_SHARED
endif
ifneq ($(ARROW_TEST_DATA),)
export ARROW_TEST_DATA
endif

VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(VENV)/.tools
BUILT := $(VENV)/.built
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
unexport CONDA_PREFIX PYTHONPATH PYTHONHOME

# The oldest Rust that the core supports.
MSRV := $(shell sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' Cargo.toml)

LOCKED := $(if $(CI),--locked)
RUST_SOURCES := $(shell find crates/arrownd* -name '*.rs' -o -path '*/src/*.txt' -o -name Cargo.toml) Cargo.toml $(wildcard Cargo.lock)
PYTHON_TREES := python tests demo benches docs

.DEFAULT_GOAL := help
.PHONY: help demo test test-rust test-python check fmt fmt-check lint msrv types docs docs-check build compare compare-rust instructions bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(BUILT) ## the flights of 2013: plan, matrix, masked columns, and the same with the peers
	@$(BIN)/python demo/flights.py

test: test-rust test-python ## Rust and Python tests

# Debug assertions and overflow checks are on here; the Python tests run the release build. The binding's
# own tests are the Python ones: its crate links only into an interpreter.
EXAMPLES := $(basename $(notdir $(wildcard crates/arrownd/examples/*.rs)))
test-rust:
	$(CARGO) test $(LOCKED) -p arrownd --all-features
	for example in $(EXAMPLES); do \
	  $(CARGO) run $(LOCKED) --quiet -p arrownd --all-features --example $$example >/dev/null || exit 1; done
	$(CARGO) test $(LOCKED) -p arrownd --all-features --bench kernels >/dev/null # each once; what fails says so on stderr

test-python: $(BUILT)
	$(BIN)/python -m pytest -n 2

check: fmt-check lint msrv types docs-check test instructions ## everything that CI asks for

fmt: $(TOOLS) ## format Rust and Python
	$(CARGO) fmt --all
	$(BIN)/ruff check --fix-only --quiet $(PYTHON_TREES)
	$(BIN)/ruff format $(PYTHON_TREES)

fmt-check: $(TOOLS)
	$(CARGO) fmt --all --check
	$(BIN)/ruff format --check $(PYTHON_TREES)

lint: $(TOOLS)
	$(BIN)/ruff check $(PYTHON_TREES)
	PYO3_PYTHON=$(CURDIR)/$(BIN)/python $(CARGO) clippy $(LOCKED) --workspace --all-targets --all-features -- -D warnings
	$(CARGO) clippy $(LOCKED) -p arrownd -- -D warnings # without its features

msrv: ## the core with the oldest Rust that it supports, where rustup has it
	@if rustup toolchain list 2>/dev/null | grep -q '^$(MSRV)'; then \
	  echo "$(CARGO) +$(MSRV) check $(LOCKED) -p arrownd --all-features"; \
	  $(CARGO) +$(MSRV) check $(LOCKED) -p arrownd --all-features; \
	else \
	  echo "make msrv: SKIPPED, no Rust $(MSRV) here: rustup toolchain install $(MSRV) --profile minimal"; \
	fi

types: $(TOOLS) # strict, over the files that pyproject.toml names
	$(BIN)/mypy

docs: $(BUILT) ## write the generated pages, the Rust reference and its listing
	$(BIN)/python docs/generate.py
	$(CARGO) doc $(LOCKED) -p arrownd --all-features --no-deps
	$(CARGO) run $(LOCKED) --quiet -p arrownd-public-api

docs-check: $(BUILT)
	$(BIN)/python docs/generate.py --check
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(LOCKED) -p arrownd --all-features --no-deps
	$(CARGO) run $(LOCKED) --quiet -p arrownd-public-api -- --check

build: $(BUILT) ## the extension module, in release mode, into .venv

compare: OURS := arrownd_column
compare: $(BUILT) ## the benchmark beside the peers (ARGS="--only 'lat_'", --memory, --scaling, --threads)
	@test -e "$(ARROWND_SHARED)/bench/bench.py" || { \
	  echo "make compare needs ../shared/bench (or ARROWND_SHARED=folder that has bench/)"; exit 1; }
	rm -rf target/compare && mkdir -p target/compare
	cp "$(ARROWND_SHARED)"/bench/* target/compare/
	cd target/compare && PATH="$(CURDIR)/$(BIN):$$PATH" OURS=$(OURS) python bench.py --out compare $(ARGS)

compare-rust: ## the crate beside ndarrow and loops by hand (ARGS="view_1d"); builds a second arrow, minutes
	cd benches/ndarrow && CARGO_TARGET_DIR=$(CURDIR)/target/ndarrow $(CARGO) bench $(LOCKED) --bench beside -- $(ARGS)

instructions: $(BUILT) ## instructions of small calls beside the recorded ones (ARGS=--record)
	$(BIN)/python benches/instructions.py $(ARGS)

# The wheel's profile: link-time optimization takes minutes.
bench: ## the core's kernels, each on its own (ARGS="numbers --max-time 0.5")
	$(CARGO) bench $(LOCKED) -p arrownd --bench kernels -- $(ARGS)

clean: ## remove everything that was built, .venv too
	rm -rf target $(VENV) python/arrownd/_core*.so

# pip and setuptools come first and pinned: the demo's data is a source package, built with them.
$(TOOLS): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "arrownd needs Python >= 3.10; PYTHON=$(PYTHON) is: $$($(PYTHON) --version 2>&1). Pass PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements-dev.txt pip setuptools
	$(BIN)/python -m pip install --quiet --no-build-isolation -r requirements-dev.txt
	@touch $@

# An editable install: edits under python/ need no build, so they are no prerequisite.
$(BUILT): $(TOOLS) $(RUST_SOURCES) pyproject.toml
	$(BIN)/maturin develop --release $(LOCKED)
	@touch $@
