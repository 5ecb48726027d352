PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup run lint check test costs audit bench stories fuzz pictures crash soak mutants catalogues lock

# Python keeps what it has compiled: pytest compiles the tests anew otherwise, ten seconds in each process.
export PYTHONDONTWRITEBYTECODE :=

help: ## Show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready ## Make the environment in .venv, from the hashed requirement files

$(VENV)/.ready: requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

PORT ?= 8000
ifneq ($(PORT),8000)
run: export SITE_URL := http://127.0.0.1:$(PORT)
endif
run: setup ## Run the site and the clock on 127.0.0.1:8000 (PORT=…), with demo content the first time
	$(BIN)/digest db upgrade
	@{ said=$$($(BIN)/digest demo 2>&1 >&3); } 3>&1 || { status=$$?; echo "$$said" >&2; [ $$status -eq 4 ] && echo "So no demo was loaded."; }
	$(BIN)/digest serve --with-scheduler --bind 127.0.0.1:$(PORT)

lint: setup ## Formatting, linters, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates

check: lint ## For a change under way: lint, and the tests nearest to it, for a minute at most
	$(BIN)/python -m tests.check

test: lint ## Everything: lint, and all tests
	$(BIN)/pytest -n auto --dist worksteal

TESTS ?=
costs: setup ## Which tests and fixtures take how much of the processor (TESTS="FILE …", else all)
	$(BIN)/python -m pytest -n auto --dist worksteal -p tests.costs $(TESTS)

AUDIT ?=
audit: setup ## Look every locked library up among known vulnerabilities (needs the network)
	@$(BIN)/python -m tests.audit $(AUDIT)

bench: setup ## Measure: a million readers on SQLite and PostgreSQL, beside what else would do the work; imports; the archive; the desk; a site under load; the list of readers and a file of a million (an hour)
	$(BIN)/python -m tests.bench --write
	$(BIN)/python -m tests.bench.imports --write
	$(BIN)/python -m tests.bench.archive --write
	$(BIN)/python -m tests.bench.desk --write
	$(BIN)/python -m tests.bench.load --write
	$(BIN)/python -m tests.bench.readers

STORIES ?=
stories: setup ## How well stories are found, on labelled leads of our own (STORIES="FILE.jsonl …" for others beside them)
	@$(BIN)/python -m tests.stories $(STORIES)

FUZZ ?= 300
fuzz: setup ## Mutated feeds, pages, newsletters and lists for 300 seconds: no error but the meant one, no time without end (FUZZ="60 FILE …")
	@$(BIN)/python -m tests.fuzz $(FUZZ)

pictures: setup ## Take the pictures in docs/pictures again, of the demo (needs a Chromium)
	$(BIN)/python -m tests.pictures

CRASH_KILLS ?= 10000
crash: setup ## The long form of the crash programme: 10,000 random kills, every step, every cut (CRASH_KILLS=…, CRASH_SEED=…)
	@rm -f .crash-figures
	CRASH_KILLS=$(CRASH_KILLS) CRASH_FIGURES=$(CURDIR)/.crash-figures $(BIN)/pytest -n auto tests/crash
	@$(BIN)/python -m tests.crash.programme .crash-figures
	@rm -f .crash-figures

SOAK ?=
soak: setup ## A year in a night: 60 Fridays with 20,000 readers, whatever breaks, each one judged (SOAK="--fridays 20 --readers 1000 --seed WORD")
	@$(BIN)/python -m tests.soak $(SOAK)

MUTANTS ?=
mutants: setup ## Break the source in some fifty ways: the test named for each must notice (MUTANTS="NAME …", 10 minutes)
	$(BIN)/python -m tests.mutants $(MUTANTS)

catalogues: setup ## Bring new texts for readers into the catalogues, digest/config/catalogues/*.po, to be translated there
	@$(BIN)/python -m tests.catalogues

lock: setup ## Make the hashed requirement files anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements-dev.txt
