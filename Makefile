# Everything is set up in .venv: Python 3.11 or newer with venv is all that you need.

PYTHON ?= python3
SECONDS ?= 12
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.ready
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard src/ketasched/language/catalogues/*/LC_MESSAGES/*.po))
READY := $(INSTALLED) $(CATALOGUES)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := requirements-dev.lock
# Whom the system trusts is trusted, as pip does: a company's own proxy, for instance.
UV := UV_SYSTEM_CERTS=1 $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(BIN)/python --constraint $(LOCK) --compile-bytecode
NEIGHBOURS := .venv-neighbours

NODE_MODULES := tests/node/node_modules/.package-lock.json

.PHONY: demo test check catalogues docs picture bench simulate many-clinics proof fuzz mutants package audit lock clean

demo: $(READY)  ## Plan the course of the example and show where its files are.
	@rm -rf demo/P-014
	@$(BIN)/ketasched plan --clinic examples/clinic.toml --patient P-014 --start 2026-12-07 \
	  --unavailable 2026-12-10 --between 08:00-12:00 --boosters 1 \
	  --cleared-by "Dr. Okafor" --cleared-on 2026-11-20 \
	  --made-at 2026-11-23T10:00 -o demo >demo-files.txt
	@cat demo/P-014/P-014.txt
	@echo; echo "The files:"; sed 's/^/  /' demo-files.txt; rm demo-files.txt

test: $(READY) $(NODE_MODULES)  ## All tests.
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(READY)  ## The linter, the formatter and the type checker.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

catalogues: $(READY)  ## The translations, as gettext reads them; `python -m tools.catalogues` finds what to translate.

docs: $(READY)  ## The documents and schemas that are made from the code.
	$(BIN)/python -m pytest -q tests/whole/test_documents.py --update-golden

picture: $(READY)  ## docs/page.png: the page of the README's first example, as Chromium shows it.
	$(BIN)/python -m tools.page_picture

bench: $(READY) $(NEIGHBOURS)/.ready  ## How fast it is, as ratios in one run; ROWS="1000 10000" for other rosters.
	$(BIN)/python -m tools.benchmarks.start
	$(BIN)/python -m tools.benchmarks.course
	$(BIN)/python -m tools.benchmarks.batch $(ROWS)
	$(BIN)/python -m tools.benchmarks.register
	$(BIN)/python -m tools.benchmarks.together
	$(BIN)/python -m tools.benchmarks.reschedule
	$(BIN)/python -m tools.benchmarks.staff

simulate: $(READY)  ## docs/simulation.md and .svg: a year in clinics of 4, 8 and 16 chairs, beside the nearest free day; an hour.
	$(BIN)/python -m tools.simulation

many-clinics: $(READY)  ## 200 clinics, 20,000 rows, one register, a cluster, kills: how fast, and is anything lost? Half an hour.
	$(BIN)/python -m tools.many_clinics

proof: $(READY)  ## 2,000 courses by 16 processes, 8 rosters at once, a kill at every step, three times the random cases: half an hour.
	KETASCHED_FULL=1 $(BIN)/python -m pytest -s tests/register tests/batch/test_crashes.py tests/planning tests/revising tests/files

fuzz: $(READY)  ## Look for bugs in the readers; SECONDS=900 for each of them.
	$(INSTALL) --requirement pyproject.toml --extra fuzz
	$(BIN)/python -m tools.fuzz --seconds $(SECONDS)

mutants: $(READY)  ## Change the code in thousands of small ways: hours; ONLY='ketasched.rules*' for one module.
	$(INSTALL) --requirement pyproject.toml --extra mutants
	PATH="$(CURDIR)/$(BIN):$$PATH" HYPOTHESIS_PROFILE=mutants mutmut run $(ONLY)
	$(BIN)/mutmut results

package: $(READY)  ## The wheel and the sdist in new environments, with the lowest and the newest dependencies.
	$(BIN)/python -m tools.packages

audit: $(READY)  ## Known vulnerabilities in what is locked; WHERE=--where-possible if there may be no answer.
	$(BIN)/python -m tools.audit $(WHERE)

lock: $(READY)  ## The newest releases to test with; then run the tests.
	$(UV) pip compile --quiet --universal --python-version 3.11 --upgrade --extra dev --extra fuzz --extra mutants \
	  --no-annotate --custom-compile-command 'make lock' pyproject.toml --output-file $(LOCK)

clean:
	rm -rf $(VENV) $(NEIGHBOURS) tests/node/node_modules demo mutants .hypothesis .mypy_cache .pytest_cache .ruff_cache

%.mo: %.po | $(INSTALLED)
	$(BIN)/python -m tools.catalogue_files

# Tools such as ours, only to compare how soon they answer.
$(NEIGHBOURS)/.ready:
	$(PYTHON) -m venv $(NEIGHBOURS)
	$(NEIGHBOURS)/bin/python -m pip install --quiet --disable-pip-version-check khal todoman
	@touch $@

# What some tests read calendars and look at pages with; without npm they are skipped and say so.
$(NODE_MODULES): tests/node/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix tests/node --no-audit --no-fund --silent; \
	else echo "no npm: the tests with ical.js and axe-core are skipped"; fi

$(INSTALLED): pyproject.toml $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "ketasched needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --constraint $(LOCK) uv
	$(INSTALL) --editable '.[dev]'
	@touch $@
