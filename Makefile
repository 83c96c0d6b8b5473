# "make" lists the targets. What CI runs stands in .ci/run.
.DEFAULT_GOAL := help
.PHONY: help test test-koncorde test-lucene test-recordings test-sdk race fuzz torture session bench micro lint cover cross ci

FUZZCOUNT ?= 50000

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1	\2/' | expand -t 15

test: ## run the tests
	go test ./...

test-koncorde: ## compare with Koncorde 4.7.0; needs node, npm, Python and a C++ compiler, and takes some ten minutes
	go run ./query/internal/koncorde/compare

test-lucene: ## compare tokens and scores with Lucene 9.12.0, in some minutes; needs a JDK from 17 on, and Maven
	go run ./query/internal/lucene

test-recordings: ## replay every recorded answer of a Kuzzle over WebSockets, where the recordings are
	.ci/run recordings

test-sdk: ## run programs of Kuzzle's official JavaScript SDK against the server; needs node 20 and npm
	.ci/run sdk

race: ## run the tests with the race detector
	.ci/run race

fuzz: ## run every fuzz target FUZZCOUNT times (default 50000), which takes some ten minutes
	FUZZCOUNT=$(FUZZCOUNT) .ci/run fuzz

torture: ## run every harness at full length: needs Linux, root for some, and hours (internal/torture/README.md)
	cd internal/torture && go run . all

session: ## run the commands of the picture in README.md, and draw docs/session.svg anew
	go test ./internal/command -run='^TestSession$$' -count=1 -draw

bench: ## compare with bbolt, SQLite, badger and pebble; needs 50 GiB of disk, quiet hours, and a C compiler for one
	cd bench && go run .

micro: ## run the benchmarks beside the code
	go test -run='^$$' -bench=. ./...

lint: ## gofmt, vet, staticcheck and the module files
	.ci/run format vet lint mod

cover: ## say how much of each function the tests run
	go test -coverpkg=./... -coverprofile=cover.prof ./...
	go tool cover -func=cover.prof

cross: ## build and vet for every platform
	.ci/run cross

ci: ## run all that CI runs
	.ci/run
