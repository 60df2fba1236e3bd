.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
BIN := .venv/bin
READY := .venv/.ready
# Workers among which a whole set of tests is shared out, each with servers of its own.
WORKERS := 2
SHARED = --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
STATE := $(or $(WAFA_STATE),.wafa)

# Where the environment forbids to keep what is compiled, each process would compile all of it again, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup servers node promtool browser up demo demo-check test test-faults test-upgrade test-compose test-mutants soak check audit bench docs lock clean

help:  ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo "  ARGS='...' is handed on to the command (up, demo, test, bench); WORKERS=... is how many share out the tests;"
	@echo "  PYTHON=... chooses the interpreter."

setup: $(READY)  ## Make .venv with all that is pinned (nothing to do when it is there)

$(READY): requirements-dev.txt pyproject.toml deploy/local/setup.sh
	@PYTHON="$(PYTHON)" sh deploy/local/setup.sh
	@touch $@

servers: $(READY)  ## Install what the local stack needs from the system (RabbitMQ), or say what is missing
	@$(BIN)/python -c 'from wafa.stack.install import main; raise SystemExit(main())'

node:  ## Install Node.js, which the test of one example needs, or say that it is missing
	@sh deploy/local/node.sh

promtool:  ## Install Prometheus, by which alerts are tested, or say that it is missing
	@sh deploy/local/promtool.sh

browser: $(READY)  ## Install Chromium, in which tests look at pages, or say that it is missing
	@sh deploy/local/browser.sh

up: $(READY)  ## Run everything on this machine, without Docker, until Ctrl-C
	@$(BIN)/wafa up $(ARGS)

demo: $(READY)  ## Replay real purchases, print and reconcile the figures, run on until Ctrl-C
	@$(BIN)/wafa demo $(ARGS)

demo-check: $(READY)  ## The same, then stop; fails when a figure does not reconcile
	@$(BIN)/wafa demo --check $(ARGS)

test: servers node promtool browser  ## Unit, contract, integration and end-to-end tests, against real servers
	$(BIN)/pytest $(or $(ARGS),$(SHARED) $(wildcard tests/unit tests/contracts tests/integration tests/observe tests/e2e))

test-faults: servers  ## What holds when processes are killed, servers restarted and connections cut
	$(BIN)/pytest $(or $(ARGS),$(SHARED) tests/faults)

test-upgrade: servers  ## Whether a version goes side by side with an earlier one: FROM=<commit or tag>
	WAFA_UPGRADE_FROM="$(FROM)" $(BIN)/pytest tests/faults/test_upgrade.py $(ARGS)

test-compose: $(READY)  ## Containers: builds, brings up, reconciles, scales, kills, cuts off, takes down (installs Docker on Debian)
	@docker info >/dev/null 2>&1 || trap 'sh deploy/local/docker.sh stop' EXIT; \
	  sh deploy/local/docker.sh start && $(BIN)/pytest $(or $(ARGS),tests/compose)

test-mutants: servers  ## Whether the fault tests can fail: ten mutations of the code, each of which must turn them red
	$(BIN)/python -m tests.faults.mutants $(ARGS)

soak: servers  ## The random killer for longer: ARGS='--minutes 60'; ARGS='--driver' for eventlet and PyMongo
	$(BIN)/python -m tests.faults.soak $(ARGS)

check: $(READY)  ## Lint, types, import rules, generated documents, compose files, Kubernetes, secrets, known vulnerabilities
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/wafa contracts --check
	$(BIN)/python -m services.gateway.openapi --check
	$(BIN)/python deploy/local/check_compose.py
	$(BIN)/python deploy/local/check_kubernetes.py
	$(BIN)/python deploy/local/no_secrets.py
	$(BIN)/python deploy/local/audit.py

audit: $(READY)  ## Known vulnerabilities of what is pinned (a part of check; without a network it says so and passes)
	$(BIN)/python deploy/local/audit.py

bench: servers  ## Measure, against stock nameko, aio-pika and bare loops; writes JSON and tables (docs/benchmarks.md)
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(READY)  ## Generate what comes from the code: the contracts' documents, that of HTTP, the broker's definitions
	$(BIN)/wafa contracts
	$(BIN)/python -m services.gateway.openapi
	$(BIN)/python -m wafa.runtime.topology > deploy/rabbitmq/topology.json

lock: $(READY)  ## Pin what the .in files ask for, with hashes (UPGRADE=1 takes the newest)
	@sh deploy/local/lock.sh $(if $(UPGRADE),--upgrade)

clean:  ## Remove .venv, the state of the local stack and all caches
	@if command -v flock >/dev/null && [ -e "$(STATE)/lock" ] && ! flock --nonblock "$(STATE)/lock" true; then \
	  echo "A stack runs in $(STATE): stop it first."; exit 1; fi
	rm -rf .venv .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist "$(STATE)"
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
