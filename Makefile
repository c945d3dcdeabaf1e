# Two commands on a fresh machine: `make demo` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV ?= .venv
# A plain torch from PyPI brings gigabytes of CUDA on Linux; an index of CPU builds avoids that:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
TORCH := torch==2.13.0
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet

.PHONY: help demo test check format proto bench clean

help:  ## Show what can be made
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.torch:
	$(PYTHON) -m venv $(VENV)
	@echo "setting up: torch first (some minutes the first time)"
	$(PIP) install $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	@touch $@

$(VENV)/.demo: $(VENV)/.torch pyproject.toml
	@echo "setting up: the server and the demo"
	$(PIP) install --editable '.[server,offline,demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.torch pyproject.toml
	@echo "setting up: everything that tests and checks need"
	$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo  ## Tune a real retrieval pipeline and show its front (under three minutes)
	$(BIN)/python -m examples.rag_docs.demo

test: $(VENV)/.dev  ## Run every test
	$(BIN)/pytest

check: $(VENV)/.dev  ## Lint, types, floors, generated code, public names
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/test_generated_code.py tests/test_public_api.py tests/test_repository.py

format: $(VENV)/.dev  ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

proto: $(VENV)/.dev  ## Generate client/groat/v1 from proto/
	$(BIN)/python tests/generate.py client

$(VENV)/.bench: $(VENV)/.dev
	@echo "setting up: the peers"
	$(PIP) install --editable '.[bench]'
	@touch $@

bench: $(VENV)/.bench  ## Search quality per trial, per dollar and by workers beside the peers, what an ask costs; resumes
	$(BIN)/python -m benchmarks.quality
	$(BIN)/python -m benchmarks.spend
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.parallel
	$(BIN)/python -m benchmarks.halving
	$(BIN)/python -m benchmarks.guard
	$(BIN)/python -m benchmarks.converging
	$(BIN)/python -m benchmarks.tradeoffs

clean:  ## Remove what was set up
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis out
