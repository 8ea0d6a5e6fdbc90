# Engawa. `make run` to try it, `make test` to check it; the rest is for those who work on it.

VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000
SANDBOX_PORT ?= 4000
PYTHON ?= python3.11

.PHONY: run test test-grown audit fuzz lint types bench load million weight lighthouse shots contract coverage-table lock translations keys clean setup setup-dev browser

run: setup
	@PORT=$(PORT) SANDBOX_PORT=$(SANDBOX_PORT) $(PY) scripts/run.py

test: setup-dev browser
	@$(VENV)/bin/pytest -n auto --dist loadfile

# The same tests on PostgreSQL and Redis (Debian: apt install postgresql redis-server).
test-grown: setup-dev
	@$(VENV)/bin/pytest --grown --no-cov tests/web

# Known holes in the packages we use; asks the advisories of PyPI.
audit: setup-dev
	@$(PY) scripts/audit.py

# Junk for every address and every reader: some minutes.
fuzz: setup-dev
	$(PY) -W ignore -m tests.faults.fuzzing --requests 50000 --readings 20000

lint: setup-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: setup-dev
	$(VENV)/bin/mypy

bench: setup-dev
	$(PY) benchmarks/home.py

# What it bears: half an hour, most of it for 100,000 pages.
load: setup-dev
	$(PY) benchmarks/load.py

# With a million accounts; needs PostgreSQL, Redis and 8 GB.
million: setup-dev
	$(PY) -W ignore benchmarks/million.py

weight: setup-dev browser
	$(PY) benchmarks/weight.py

lighthouse: setup-dev browser
	$(PY) benchmarks/lighthouse.py

shots: setup-dev browser
	$(PY) scripts/screenshots.py --sheets

contract: setup-dev
	CONTRACT_SERVER=$(SERVER) $(VENV)/bin/pytest tests/contract --no-cov

lock: setup-dev
	$(VENV)/bin/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --output-file requirements.txt requirements.in
	$(VENV)/bin/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --output-file requirements-dev.txt requirements.in requirements-dev.in

# docs/coverage.md, from the code and the server's description beside the repository.
coverage-table: setup-dev
	@$(PY) scripts/coverage_table.py

translations: setup-dev
	$(PY) scripts/translations.py

keys: setup
	@$(PY) -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov

setup: $(VENV)/.runs
setup-dev: $(VENV)/.tests
browser: setup-dev
	@sh scripts/browser.sh

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "engawa: $(PYTHON) is missing; install Python 3.11 or say PYTHON=python3.x"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: requirements.txt | $(VENV)/bin/python
	@echo "Installing what Engawa needs (once) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.tests: requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing what the tests need (once) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.runs
