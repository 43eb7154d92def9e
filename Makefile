# Everything sets itself up from a bare Python >= 3.10: the environment is made once in .venv and reused.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TESTS ?= tests
WORKERS ?= 2

.PHONY: help demo test test-browser coverage lint kernels kits nightly bench wheel clean

help:
	@echo "make demo     see it work on real data; leaves demo-output/index.html"
	@echo "make test     lint, types, import contracts and the whole test suite"
	@echo "make test-browser  the app in a real browser; installs Debian's chromium where it may"
	@echo "make coverage the whole test suite, every line it passes counted: twice as slow"
	@echo "make lint     ruff, mypy --strict, import contracts"
	@echo "make kernels  the kernels' tests with every index checked, and without numba"
	@echo "make kits     other people's programs read what is written, in environments of their own"
	@echo "make scenic   Scenic runs a scenario on our server of CARLA's protocol, in an environment of its own"
	@echo "make nightly  the long runs: hundreds of draws a transform, examples never tried"
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
	$(BIN)/python -m pytest $(TESTS) -n $(WORKERS) --dist worksteal -m "not nightly" --durations=15

coverage: $(VENV)/.dev
	$(BIN)/coverage erase
	$(BIN)/python -m pytest $(TESTS) -n $(WORKERS) --dist worksteal -m "not nightly" --cov --cov-report=
	$(BIN)/coverage report --skip-covered --fail-under=$(or $(COVERAGE),90) | tail -n 30

# Debian's chromium and no other: what playwright would fetch by itself is not asked for.
test-browser: $(VENV)/.dev
	@command -v chromium >/dev/null || (apt-get update && apt-get install -y --no-install-recommends chromium)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'playwright>=1.50'
	$(BIN)/python -m pytest tests/app/browser -q

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

# Readers of inspection's layouts want numpy 2.
READERS_VENV ?= .venv-readers

$(READERS_VENV)/.readers: pyproject.toml
	@test -x $(READERS_VENV)/bin/python || $(PYTHON) -m venv $(READERS_VENV)
	$(READERS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[readers]'
	@touch $@

kits: $(KITS_VENV)/.kits $(READERS_VENV)/.readers
	$(KITS_VENV)/bin/python -m pytest tests/layouts/test_exports.py tests/layouts/test_cityscapes.py \
		tests/simulators/street/test_exporting.py -q
	$(READERS_VENV)/bin/python -m pytest tests/layouts/test_other_readers.py -q

# Scenic and the client of CARLA, 900 MB: the server that they talk to stays in the first environment.
SCENIC_VENV ?= .venv-scenic

$(SCENIC_VENV)/.scenic:
	@test -x $(SCENIC_VENV)/bin/python || $(PYTHON) -m venv $(SCENIC_VENV)
	$(SCENIC_VENV)/bin/python -m pip install --quiet --disable-pip-version-check 'scenic==3.1.1' 'carla==0.9.16'
	@touch $@

scenic: $(VENV)/.dev $(SCENIC_VENV)/.scenic
	DOMAINAUG_SCENIC_PYTHON=$(abspath $(SCENIC_VENV))/bin/python $(BIN)/python -m pytest -q \
		tests/simulators/carla_server/test_examples.py -k scenic

nightly: $(VENV)/.dev
	$(BIN)/python -m pytest $(TESTS) -n $(WORKERS) -m nightly --timeout 3600
	$(BIN)/python -m pytest $(TESTS) -n $(WORKERS) -m "hypothesis and not nightly" --hypothesis-profile seeking --timeout 3600

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
	rm -rf $(VENV) $(BENCH_VENV) $(KITS_VENV) $(READERS_VENV) $(SCENIC_VENV) dist build demo-output .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
