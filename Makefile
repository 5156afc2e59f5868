# The two commands a newcomer needs are `make run` and `make test`; `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 2>/dev/null || command -v python3 2>/dev/null)
VENV ?= .venv
BIN := $(VENV)/bin
# A package index holding CPU builds of torch, for machines whose default index offers GPU builds.
TORCH_INDEX ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
# Python compiles a module when it is first imported: most of what is installed never is.
INSTALL := $(PIP) install --no-compile
STAMP := $(VENV)/.installed
WORKERS ?= 2
# What was asked for, also in a make that this one starts.
GOAL ?= $(MAKECMDGOALS)
export GOAL

.DEFAULT_GOAL := help
.PHONY: help setup run test setup-test lint types contract tests coverage browser format bench soak clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: setup $(STAMP)-compiled ## set everything up and serve the terminal on http://localhost:8050
	@exec $(BIN)/python app.py

setup: $(STAMP)-run

# One step after the other, but for what needs nothing of each other and has a core each.
test: ## set up and run lint, types, import contract, tests
	@$(MAKE) --no-print-directory $(STAMP)-test browser
	@$(MAKE) --no-print-directory -j2 $(STAMP)-compiled lint types contract
	@$(MAKE) --no-print-directory tests

setup-test: $(STAMP)-test browser
	@$(MAKE) --no-print-directory $(STAMP)-compiled

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 was not found. Install it, or say where it is: make $(GOAL) PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "The terminal needs Python 3.11; $(PYTHON) is $$($(PYTHON) --version 2>&1). Say where 3.11 is: make $(GOAL) PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "Creating $(VENV) failed; on Debian and Ubuntu: apt-get install python3.11-venv"; rm -rf $(VENV); exit 1; }

# torch goes first and alone: once it is there, nothing below can bring in another build of it.
$(STAMP)-torch: requirements.txt | $(BIN)/python
	@echo "Installing torch ..."
	@$(INSTALL) --upgrade 'pip==26.3'
	@$(INSTALL) "$$(grep '^torch==' requirements.txt)" $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX),)
	@touch $@

$(STAMP)-run: requirements.txt $(STAMP)-torch
	@echo "Installing requirements (first time: a few minutes, about 2 GB) ..."
	@$(INSTALL) -r requirements.txt
	@touch $@

# The first backtest must not wait for a compiler.
$(STAMP)-compiled: $(wildcard terminal/backtest/kernel/*.py terminal/features/kernels/*.py terminal/labels/*.py) \
  terminal/backtest/compile_all.py terminal/strategies/averages.py terminal/strategies/crossing.py \
  terminal/validation/significance.py terminal/models/trees/forest_arrays.py terminal/explain/tree_kernel.py $(STAMP)-run
	@echo "Compiling the engine (once, about half a minute) ..."
	@$(BIN)/python -m terminal.backtest.compile_all
	@touch $@

# Holds requirements.txt as well: one resolution for both.
$(STAMP)-test: requirements-dev.txt requirements.txt $(STAMP)-torch
	@echo "Installing requirements and what the tests need (first time: a few minutes, about 2 GB) ..."
	@$(INSTALL) -r requirements-dev.txt
	@touch $(STAMP)-run $@

browser: $(STAMP)-test
	@$(BIN)/python -m tests.browser

lint: $(STAMP)-test ## ruff: style and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(STAMP)-test ## mypy, strict on terminal/
	@$(BIN)/mypy

contract: $(STAMP)-test ## who may import whom
	@$(BIN)/lint-imports

tests: $(STAMP)-test ## pytest
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadscope --no-loadscope-reorder --durations=25

# Counting lines makes Python a third slower: a command of its own, not part of `make test`.
coverage: $(STAMP)-test ## pytest with the coverage of terminal/, which must be 90 % at least
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadscope --no-loadscope-reorder --cov --cov-report=term:skip-covered

format: $(STAMP)-test ## rewrite files in the house format
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: $(STAMP)-test ## every benchmark, each printing its figures
	@for b in $(filter-out benchmarks/faults.py,$(wildcard benchmarks/*.py)); do echo "== $$b"; $(BIN)/python $$b || exit 1; done

# SOAK=full (hours), short, or a share such as 0.1.
SOAK ?= full
soak: $(STAMP)-test ## trading under fire: kills, lost answers, dead databases, with full counts
	@$(BIN)/python benchmarks/faults.py --counts $(SOAK)

clean: ## remove the virtual environment and caches; never var/, which holds your data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov .coverage*
