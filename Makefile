# `make demo` and `make test` do everything on a fresh machine; PYTHON picks the interpreter, VENV the environment.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUNS ?= runs
SITE ?= docs/_build
JOBS ?= 2

.PHONY: demo test lint docs wheel-check test-pythons bench bench-metrics bench-quality bench-ablation bench-serve agreement robustness results clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: $(VENV)/installed
	@rm -rf $(RUNS)/demo-ring8 $(RUNS)/demo-shapes
	$(BIN)/ganbench train gan-r1-ring8 --budget laptop --out $(RUNS)/demo-ring8 schedule.steps=1000 schedule.evaluate_every=250
	$(BIN)/ganbench train dcgan-shapes --budget laptop --out $(RUNS)/demo-shapes schedule.steps=1200
	$(BIN)/ganbench evaluate $(RUNS)/demo-ring8
	$(BIN)/ganbench evaluate $(RUNS)/demo-shapes --n 2500
	@echo "The two GANs and what they made:"
	@$(BIN)/ganbench report $(RUNS)/demo-ring8
	@$(BIN)/ganbench report $(RUNS)/demo-shapes

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

# Warnings are errors, and so are links to pages, headings or files that are not there.
docs: $(VENV)/installed
	$(BIN)/sphinx-build -q -W --keep-going -b html docs $(SITE)
	@echo "$(SITE)/index.html"

# Tests start many processes, which share the compiled modules. tests/conftest.py begins the longest files first.
test: lint
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

# Builds sdist and wheel, checks them, installs the wheel alone in a new environment, and runs a user's first commands.
wheel-check: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[release]'
	$(BIN)/python scripts/check_wheel.py

# The same with other Pythons; uv finds them: `uv python install 3.11 3.12 3.13 3.14`.
PYTHONS ?= 3.11 3.12 3.13 3.14
test-pythons: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[release]'
	for version in $(PYTHONS); do \
		python="$$(uv python find $$version)" && $(BIN)/python scripts/check_wheel.py --python "$$python" || exit 1; \
	done

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks.trainer

bench-metrics: $(VENV)/installed
	$(BIN)/python -m benchmarks.evaluation --out results/evaluation_speed.json

bench-quality: $(VENV)/installed
	$(BIN)/python -m benchmarks.quality --out runs/bench-quality

bench-ablation: $(VENV)/installed
	$(BIN)/python -m benchmarks.ablation --out runs/bench-ablation

bench-serve: $(VENV)/installed
	$(BIN)/python -m benchmarks.serve --out results/serve.json

agreement: $(VENV)/installed
	$(BIN)/python -m benchmarks.agreement --out results/agreement.json

robustness: $(VENV)/installed
	rm -f results/robustness.json
	GANBENCH_MEASURED=results/robustness.json $(BIN)/pytest -q tests/robustness tests/experiment/test_train.py \
		tests/runs/test_event_log.py tests/data/io/test_decoded_cache.py

results: $(VENV)/installed
	$(BIN)/python results/zoo_index.py
	$(BIN)/python results/pictures.py
	$(BIN)/python results/tables.py
	$(BIN)/python results/gallery.py
	$(BIN)/python results/works.py

clean:
	rm -rf $(VENV)
