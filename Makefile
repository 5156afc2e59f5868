# The two commands a newcomer needs are `make run` and `make test`; `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 2>/dev/null || command -v python3 2>/dev/null)
VENV ?= .venv
BIN := $(VENV)/bin
# A package index holding CPU builds of torch, for machines whose default index offers GPU builds.
TORCH_INDEX ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
STAMP := $(VENV)/.installed
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup run test setup-test lint types contract tests browser format bench clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: setup $(STAMP)-compiled ## set everything up and serve the terminal on http://localhost:8050
	@exec $(BIN)/python app.py

setup: $(STAMP)-run

test: setup-test lint types contract tests ## set up and run lint, types, import contract, all tests

setup-test: $(STAMP)-run $(STAMP)-compiled $(STAMP)-test browser

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 was not found. Install it, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "The terminal needs Python 3.11; $(PYTHON) is $$($(PYTHON) --version 2>&1). Say where 3.11 is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "Creating $(VENV) failed; on Debian and Ubuntu: apt-get install python3.11-venv"; rm -rf $(VENV); exit 1; }

# torch goes first and alone: once it is there, nothing below can bring in another build of it.
$(STAMP)-run: requirements.txt | $(BIN)/python
	@echo "Installing requirements (first time: a few minutes, about 2 GB) ..."
	@$(PIP) install --upgrade 'pip==26.3'
	@$(PIP) install "$$(grep '^torch==' requirements.txt)" $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX),)
	@$(PIP) install -r requirements.txt
	@touch $@

# The first backtest must not wait for a compiler.
$(STAMP)-compiled: $(wildcard terminal/backtest/kernel/*.py) terminal/strategies/crossing.py $(STAMP)-run
	@echo "Compiling the engine (once, about half a minute) ..."
	@$(BIN)/python -m terminal.backtest.compile_all
	@touch $@

$(STAMP)-test: requirements-dev.txt $(STAMP)-run | $(BIN)/python
	@echo "Installing what the tests need ..."
	@$(PIP) install -r requirements-dev.txt
	@touch $@

browser: $(STAMP)-test
	@$(BIN)/python -m tests.browser

lint: $(STAMP)-test ## ruff: style and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(STAMP)-test ## mypy, strict on terminal/
	@$(BIN)/mypy

contract: $(STAMP)-test ## who may import whom
	@$(BIN)/lint-imports

tests: $(STAMP)-test ## pytest with coverage of terminal/
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadscope --no-loadscope-reorder --cov --cov-report=term:skip-covered

format: $(STAMP)-test ## rewrite files in the house format
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: $(STAMP)-test ## every benchmark, each printing its figures
	@for b in benchmarks/*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

clean: ## remove the virtual environment and caches; never var/, which holds your data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov .coverage*
