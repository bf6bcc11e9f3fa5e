# `make demo` and `make test` are all the set-up there is: each makes the environment when it is missing.
PYTHON ?= python3.11
BIN := .venv/bin
UV := $(BIN)/uv
EXTRAS := serve,storage,trace,train,pipeline,quantize,distributed,dev
APPROVED_BY ?= $(or $(USER),whoever ran make demo)

# uv does not read pip's configuration; where that names a folder of wheels (a CPU build of torch, say), hand it on.
export UV_FIND_LINKS ?= $(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null || echo $$PIP_FIND_LINKS)

.PHONY: env demo test test-slow lint format bench pictures lock help

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

env: .venv/ready ## the environment, from the lock
	@test -z "$$GITHUB_PATH" || echo "$(CURDIR)/$(BIN)" >> "$$GITHUB_PATH"

.venv/ready: pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(UV) pip install --quiet --compile-bytecode --constraint requirements.lock --editable '.[$(EXTRAS)]'
	touch $@

demo: env ## the whole loop on the built-in reserve
	$(BIN)/silencio demo --approved-by "$(APPROVED_BY)"

test: env ## the default tests
	$(BIN)/python -m pytest

test-slow: env ## the proofs that take minutes: a real image, an experiment killed and gone on with
	$(BIN)/python -m pytest -m slow

lint: env ## style, types, workflows, manifests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	$(BIN)/zizmor --offline --quiet .github/workflows
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

format: env ## mend what a formatter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: env ## every benchmark, and the page of their figures
	$(BIN)/python -m benchmarks

pictures: env ## those of docs/augmentation.md, from the built-in reserve
	$(BIN)/python docs/augmentation.py

lock: env ## resolve anew; a CPU build of torch satisfies the plain version that is written
	$(UV) pip compile --quiet --universal --all-extras --python-version 3.11 --no-emit-find-links \
		--custom-compile-command 'make lock' --output-file requirements.lock --upgrade pyproject.toml
