# Two commands do all the set-up: `make demo` and `make test`.
.DEFAULT_GOAL := help
BIN := .venv/bin
CONTAINER_SUITES := tests/e2e --ignore=tests/e2e/test_demo.py \
	--ignore=tests/e2e/test_simulate.py tests/integration/broker tests/integration/telemetry_store
# Most of the time a test waits for a service; a folder stays on one worker (tests/conftest.py).
TWO_WORKERS := --numprocesses=2 --dist=loadscope

.PHONY: help demo test env image unit check dashboards format clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-11s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run Guardian on this machine: broker, ingest, dispatcher, three trackers, one panic
	@tools/make-venv.sh device,server
	@tools/install-mosquitto.sh >/dev/null
	@$(BIN)/guardian demo

test: ## Install what the tests need and run them all
	@tools/make-venv.sh device,server,dev
	@if [ "$${GUARDIAN_TEST_REQUIRE:-}" = all ]; then tools/install-services.sh; fi
	$(BIN)/pytest tests/unit --numprocesses=auto
	$(BIN)/pytest --ignore=tests/unit $(TWO_WORKERS)
	@if [ "$${GUARDIAN_TEST_REQUIRE:-}" = all ]; then \
	  echo "Once more, with Mosquitto and InfluxDB in containers"; \
	  GUARDIAN_TEST_SERVICES=container $(BIN)/pytest $(CONTAINER_SUITES); \
	fi

env: ## Write .env for docker compose, with random secrets; changes no line that is there
	@tools/make-env.sh

image: ## Build Guardian's container image for docker compose
	@tools/make-image.sh

unit: ## Run the unit tests alone: no service, no socket, under a minute
	@tools/make-venv.sh device,server,dev
	$(BIN)/pytest tests/unit --numprocesses=auto

check: ## Run the static checks
	@tools/make-venv.sh device,server,dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/guardian schema check
	$(BIN)/python -m grafana check
	$(BIN)/python tools/module_tables.py --check

dashboards: ## Make Grafana's dashboards and the alert rules anew from grafana/*.py
	@tools/make-venv.sh device,server,dev
	$(BIN)/python -m grafana write

format: ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what the other targets made here
	rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
