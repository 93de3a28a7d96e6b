# The contributor's manual: each recipe with one line of what it is for.
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
STUDIO_READY := studio/node_modules/.ready

# Without bytecode each test worker, server and command would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test quick unit journeys check compiled format operations lock bench studio drawing site clean

help: ## Say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(READY) ## Train a network on handwritten digits with the real SageMaker SDK
	@$(BIN)/clary demo

test: $(READY) $(STUDIO_READY) ## Everything that has to pass
	@$(MAKE) --no-print-directory -j 2 check compiled
	$(BIN)/pytest -n 4 tests

# In a new checkout each worker would compile all that the tests import, for 15 seconds of CPU. It is done once,
# beside mypy, which uses one processor. Where collecting fails, the workers say why.
compiled: $(READY)
	@test -d tests/__pycache__ || $(BIN)/pytest -q --collect-only tests >/dev/null 2>&1 || true

quick: $(READY) ## After a change, under a minute: check, and the tests of what changed (BASE=commit to compare with)
	@$(MAKE) --no-print-directory check
	$(BIN)/python tools/quick.py $(if $(BASE),--base $(BASE))

unit: $(READY) $(STUDIO_READY) ## Tests of the parts
	$(BIN)/pytest -n 2 --ignore tests/journeys tests

journeys: $(READY) ## Tests with the real clients, in their own environments
	$(BIN)/pytest -n 3 tests/journeys

check: $(READY) ## Format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Lay out the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

operations: $(READY) ## Write docs/user/operations.md from what the code serves
	$(BIN)/python tools/operations_page.py

lock: $(READY) ## Resolve the dependencies anew into requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --group dev --universal --generate-hashes --upgrade \
	  --no-emit-index-url --no-header -o requirements.lock

studio: $(READY) $(STUDIO_READY) ## Types and tests of what draws in a browser
	$(BIN)/pytest -n 2 tests/studio

drawing: $(READY) $(STUDIO_READY) ## Build the drawing code that the package carries
	tools/npm --prefix studio run build

site: $(READY) $(STUDIO_READY) ## Build Studio's page that the package carries
	tools/npm --prefix studio run site

bench: $(READY) ## Measure against the peers, side by side
	$(BIN)/python -m bench

clean: ## Remove what was made here; environments in the cache stay
	rm -rf studio/node_modules $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Python 3.11 and make are all that has to be on the machine.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Clary needs Python 3.11 or later; name one with: make PYTHON=...") if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -oE '^uv==[^ ]+' requirements.lock)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(READY)

# Node comes from PyPI where the machine has none. Where npm's packages can't be had, tests that need them say so.
$(STUDIO_READY): studio/package-lock.json tools/npm | $(READY)
	@echo "Setting up studio/node_modules ..."
	@if tools/npm --prefix studio ci --silent --no-audit --no-fund; then touch $@; \
	  else echo "npm ci failed: tests of the drawing code are skipped"; fi
