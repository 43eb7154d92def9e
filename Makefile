# Everything sets itself up from a bare Python >= 3.10: the environment is made once in .venv and reused.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TESTS ?= tests
WORKERS ?= 2

.PHONY: help demo test lint kernels kits nightly bench wheel clean

help:
	@echo "make demo     see it work on real data; leaves demo-output/index.html"
	@echo "make test     lint, types, import contracts and the whole test suite with coverage"
	@echo "make lint     ruff, mypy --strict, import contracts"
	@echo "make kernels  the kernels' tests with every index checked, and without numba"
	@echo "make kits     other people's programs read what is exported, in an environment of its own"
	@echo "make nightly  the long runs: hundreds of draws a transform"
	@echo "make bench    measure beside other libraries; writes docs/benchmarks.md, about 12 minutes"
	@echo "make wheel    build the wheel into dist/"
	@echo "make clean    remove the environment and everything built"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("domainaug needs Python 3.10 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 10) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[medical,demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/domainaug demo --out demo-output

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/coverage erase
	$(BIN)/python -m pytest $(TESTS) -n $(WORKERS) --dist worksteal -m "not nightly" --cov --cov-report= --durations=15
	$(BIN)/coverage report --skip-covered --fail-under=$(or $(COVERAGE),90) | tail -n 30

KERNEL_TESTS = $(BIN)/python -m pytest tests/kernels -n $(WORKERS) --dist worksteal -m "not slow and not nightly" -q \
	--ignore tests/kernels/jit/test_stored.py

kernels: $(VENV)/.dev
	DOMAINAUG_BOUNDSCHECK=1 $(KERNEL_TESTS)
	DOMAINAUG_KERNELS=plain $(KERNEL_TESTS)

# The development kit of nuScenes wants numpy 1 and what goes with it: it gets an environment of its own.
KITS_VENV ?= .venv-kits

$(KITS_VENV)/.kits: pyproject.toml
	@test -x $(KITS_VENV)/bin/python || $(PYTHON) -m venv $(KITS_VENV)
	$(KITS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[kits]'
	@touch $@

kits: $(KITS_VENV)/.kits
	$(KITS_VENV)/bin/python -m pytest tests/layouts/test_exports.py tests/layouts/test_cityscapes.py \
		tests/simulators/street/test_exporting.py -q

nightly: $(VENV)/.dev
	$(BIN)/python -m pytest $(TESTS) -n $(WORKERS) -m nightly --timeout 3600

# The others want a gigabyte and much of the same packages in their own versions: they get an environment of their
# own. torch first and alone, so that nobody after it asks for more than the CPU's; anomalib for one function of it.
BENCH_VENV ?= .venv-bench
BENCH_ARGS ?=

$(BENCH_VENV)/.bench: pyproject.toml
	test -x $(BENCH_VENV)/bin/python || $(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check 'torch==2.13.0'
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps 'anomalib==2.7.0'
	@touch $@

bench: $(BENCH_VENV)/.bench
	$(BENCH_VENV)/bin/python -m benchmarks $(BENCH_ARGS)
	$(BENCH_VENV)/bin/python benchmarks/albumentations_defects.py

wheel: $(VENV)/.dev
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) $(BENCH_VENV) $(KITS_VENV) dist build demo-output .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
