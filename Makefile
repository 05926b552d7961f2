# make run, make test: all that a fresh machine needs is Python 3.10 or newer and make.
PYTHON ?= $(shell deploy/find-python 3.11 3.10 3.12 3.13)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint bench package deploy-ready clean

run: $(VENV)/run-ready
	@$(BIN)/trailguard run

test: lint
	@deploy/test-all

lint: $(VENV)/dev-ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/trailguard check

bench: $(VENV)/dev-ready
	@$(BIN)/python -m tests.benchmarks.run

deploy-ready: $(VENV)/deploy-ready

package: $(VENV)/run-ready
	@$(BIN)/python -m deploy.package

clean:
	rm -rf .venv .venv-* build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/run-ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "needs Python 3.10 or newer" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/deploy-ready: $(VENV)/run-ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[deploy]'
	@touch $@

$(VENV)/dev-ready: $(VENV)/run-ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
