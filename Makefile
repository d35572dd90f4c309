# Everything from a fresh machine with Python 3.11 and make: `make demo` shows it, `make test` proves it.
# What is installed goes into .venv here and into ~/.undertow (UNDERTOW_HOME); no root, nothing else is touched.

PYTHON ?= python3.11
BIN := .venv/bin
MEND := check the network, a proxy (HTTPS_PROXY), or pip's own settings (pip config list), then run make again
WORKERS ?= 3
# Tests start hundreds of processes: none of them compiles its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: .venv/.installed ## a forked chain, its labelled actors, detection and the dashboard; Ctrl-C ends it all
	@$(BIN)/undertow demo $(ARGS)

.PHONY: test
test: .venv/.installed ## every check and every test
	@$(MAKE) --no-print-directory -j2 ready-browser lint
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not soak" $(ARGS)

.PHONY: soak
soak: ready .venv/.ray ## the long runs of what make test tries shortly: faulty nodes, crashes, reorganisations, random cases
	$(BIN)/pytest -m "soak or hypothesis" --hypothesis-profile search $(ARGS)

.PHONY: unit
unit: ready ## the tests that need no broker, chain or browser
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not broker and not chain and not browser and not slow" $(ARGS)

.PHONY: lint
lint: .venv/.installed ## ruff, mypy and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: bench
bench: ready ## measures the demo's own load: block to alert, transfers a second, memory
	$(BIN)/python -m tests.bench $(ARGS)

.PHONY: evaluate
evaluate: ready ## judges labelled worlds, each played once and kept (SEEDS="1 2 3" CATEGORIES=a,b TIER=logs)
	@$(BIN)/python -m tests.bench.evaluate $(if $(SEEDS),--seeds "$(SEEDS)") \
		$(if $(CATEGORIES),--categories "$(CATEGORIES)") $(if $(TIER),--tier "$(TIER)") $(ARGS)

.PHONY: evaluate-bridge
evaluate-bridge: ready ## judges a played world of two chains, a bridge, and nodes of which some lie (SEEDS="1 2")
	@$(BIN)/python -m tests.bench.two_chains $(if $(SEEDS),--seeds "$(SEEDS)") $(ARGS)

.PHONY: bench-ingest
bench-ingest: ready ## how fast blocks come in, beside cryo, web3.py and ethereum-etl
	$(BIN)/python -m tests.bench.ingestion $(ARGS)

.PHONY: bench-engine
bench-engine: ready ## how fast blocks of mainnet's size are decoded, remembered and judged
	$(BIN)/python -m tests.bench.engine $(ARGS)

.PHONY: bench-soak
bench-soak: ready ## 30 days of mainnet-like blocks through the engine; ARGS="--live 30": mainnet's pace through Kafka
	$(BIN)/python -m tests.bench.soak $(ARGS)

.PHONY: bench-midas
bench-midas: ready ## how well MIDAS tells attacks in a labelled edge stream, beside the papers' own figures
	$(BIN)/python -m tests.bench.midas $(ARGS)

.PHONY: bench-dashboard
bench-dashboard: ready-browser ## what an analyst waits for with 100,000 alerts in the store, and what sink and server take
	$(BIN)/python -m tests.bench.dashboard $(ARGS)

.PHONY: screenshot
screenshot: ready-browser ## takes the pictures of the READMEs (docs/*.png) anew, of a demo that it plays
	@$(BIN)/python -m tests.browser.picture $(ARGS)

.PHONY: setup
setup: ready ## only install

.PHONY: clean
clean: ## remove .venv and caches; what was installed in ~/.undertow stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info build dist

# A stamp: packages are installed again when what they were chosen by has changed.

.venv/.installed: pyproject.toml constraints.txt
	@python=$$(command -v $(PYTHON) || command -v python3) || { \
		echo "make: no Python found: install Python 3.11, or name one with make PYTHON=/path/to/python3.11"; exit 1; }; \
	"$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
		echo "make: $$python is not Python 3.11: name one with make PYTHON=/path/to/python3.11"; exit 1; }; \
	test -x $(BIN)/python || "$$python" -m venv .venv || { \
		echo "make: $$python could not make .venv (on Debian and Ubuntu: install python3.11-venv)"; exit 1; }
	@echo "installing Python packages into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]' || { \
		echo "make: pip could not install the packages (its own words are above): $(MEND)"; exit 1; }
	@touch $@

# Ray is an extra that only long tests need.

.venv/.ray: .venv/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,ray]' || { \
		echo "make: pip could not install Ray (its own words are above): $(MEND)"; exit 1; }
	@touch $@

# The tools live outside of this folder, so it is looked whether they are there: half a second when they are.

.PHONY: ready
ready: .venv/.installed
	@$(BIN)/undertow setup

.PHONY: ready-browser
ready-browser: .venv/.installed
	@$(BIN)/undertow setup --browser
