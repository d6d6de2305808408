# All targets work from a clean clone and say what they do. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run stop test check fmt clippy deny bench bench-api bench-overhead bench-runtime bench-dashboard dist test-llm docs dev sqlx-prepare sqlx-check

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build and start everything, deploy an example, print its URL
	@scripts/run

stop: ## End what `make run` left running in the background
	@scripts/stop

dev: ## Work on the dashboard: pages that reload as they are written, against what runs
	@scripts/dev

test: ## All checks and tests, with a table of minutes at the end
	@scripts/test

check: fmt clippy deny ## Formatting, lints, licences and bans

fmt:
	cargo fmt --all --check

clippy:
	cargo clippy --workspace --all-targets --locked -- -D warnings

deny:
	@scripts/deny

bench: ## Measure against the figures we promise (release profile)
	@scripts/bench

bench-api: ## Measure how quick the API is in an organization that has grown (release profile)
	@scripts/bench-api

bench-overhead: ## Measure what a call adds to a provider's latency, beside other gateways (release profile)
	@scripts/bench-overhead

bench-runtime: ## Measure what a function adds to a provider's answer (release profile)
	@scripts/bench-runtime

bench-dashboard: ## Measure how quick the dashboard's pages are (release profile, Chromium)
	@scripts/bench-dashboard

dist: ## Build the binary that people install, into target/dist/
	@scripts/dist

test-llm: ## Call a real small model through the whole chain
	@scripts/test-llm

docs: ## Write the generated pages of docs/ anew
	UPDATE_DOCS=1 cargo test --locked -p promptpilot reference

sqlx-prepare: ## Save what the compiler must know of the database's queries
	@scripts/sqlx prepare

sqlx-check: ## Check that the saved queries fit the schema
	@scripts/sqlx check
