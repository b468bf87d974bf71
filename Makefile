# What each target does is written once, here and in ./demo and ./test; .ci/run calls these.
.DEFAULT_GOAL := help
.PHONY: help demo test check lint types fuzz bench bench-growth bench-ten soak lock

IN_VENV := ROOT="$(CURDIR)"; . scripts/venv.sh; suxin_venv dev; PATH="$$VENV/bin:$$PATH";

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

demo: ## serve an invented world on 127.0.0.1:8000 (HOST=, PORT=)
	@./demo

test: ## run all tests
	@./test

check: ## all that CI does: browser, linters, types, fuzz, tests
	@.ci/run

lint: ## ruff, formatting, import directions
	@$(IN_VENV) failed=0; ruff check . || failed=1; ruff format --check . || failed=1; lint-imports || failed=1; exit $$failed

# mypy takes the package's name from its folder, and a checkout may have any name: check it through a link named suxin.
types: ## mypy --strict
	@$(IN_VENV) mkdir -p "$$VENV/types" && ln -sfn "$(CURDIR)" "$$VENV/types/suxin" && cd "$$VENV/types" && \
	  mypy --config-file suxin/pyproject.toml --cache-dir suxin/.mypy_cache \
	    suxin/ledger suxin/trace suxin/courier suxin/api suxin/client

fuzz: ## every reader of outside bytes, with atheris, a fixed number of inputs (SUXIN_FUZZ_RUNS=)
	@$(IN_VENV) python tests/fuzz/run.py

bench: ## measure, and print the table of figures with a verdict in each row
	@$(IN_VENV) python bench/table.py quick

bench-growth: ## the same for a book of 5,000,000 entries; takes half an hour
	@$(IN_VENV) python bench/table.py growth

bench-ten: ## ten minutes under load: the worst ten seconds, and memory
	@$(IN_VENV) python bench/table.py ten

soak: ## the long runs, an hour or two: 200 kills, 100 power cuts, every change failing once, deep property tests
	@SUXIN_SOAK=1 ./test --numprocesses=2 --dist=loadfile --durations=40

lock: ## lock the dependencies anew (needs uv)
	@uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate \
	  --upgrade --extra dev pyproject.toml requirements/build.in -o requirements/dev.txt
	@uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate \
	  -c requirements/dev.txt pyproject.toml requirements/build.in -o requirements/run.txt
