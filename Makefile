# One command for each thing; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help deps build release static check lint test unit api demo bench torture sim bugs faults floods fuzz sanitize coverage generate clean

# A crashing program must end, not wait in the backtracer.
export SWIFT_BACKTRACE := enable=no

SWIFT_FLAGS := --explicit-target-dependency-import-check error
RELEASE := swift build -c release $(SWIFT_FLAGS)
PYTHON := .venv/bin/python
# Of one version each: another one may hold the API to other rules.
SCHEMATHESIS := schemathesis==4.32.5 openapi-spec-validator==0.9.0
H2 := h2==4.4.1
DIR ?= /usr/share
KILLS ?= 1000
RUNS ?= 5
SEEDS ?= 100000
MINUTES ?= 10
SECONDS ?= 120

# Runs the tests; what failed is named once more at the end, where it is found.
define named
@mkdir -p .build && set -o pipefail; $(1) 2>&1 | tee .build/test.log \
	|| { echo "failed:"; grep -aE "recorded an issue|with unknown error|: error:" .build/test.log; exit 1; }
endef

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

deps: ## install what is missing: SQLite's headers, and the Python tools that hold the HTTP API to its description
	@[ -e /usr/include/sqlite3.h ] || (apt-get update -qq && apt-get install -y -qq libsqlite3-dev)
	@python3 -c 'import venv, ensurepip' 2>/dev/null || (apt-get update -qq && apt-get install -y -qq python3-venv)
	@[ -x .venv/bin/schemathesis ] || (python3 -m venv .venv && .venv/bin/pip install -q $(SCHEMATHESIS))
	@[ -d .venv/lib/python3*/site-packages/h2 ] || .venv/bin/pip install -q $(H2)

build: deps ## build everything for debugging
	swift build $(SWIFT_FLAGS) --build-tests

release: deps ## build the commands for use
	$(RELEASE) --product martlet

static: deps ## build one static binary
	$(RELEASE) --product martlet --static-swift-stdlib -Xswiftc -static-executable --scratch-path .build-static
	strip -o .build-static/martlet "$$($(RELEASE) --product martlet --scratch-path .build-static --show-bin-path)/martlet"
	@ls -l .build-static/martlet

lint: ## the house style
	swift format lint --strict -r Sources Tests Package.swift

check: lint build ## the gate before a commit: style, imports, warnings, unit tests
	python3 -m unittest discover -s Tests/bugs
	swift test --skip-build --filter 'MartletCoreTests|MartletLogTests|MartletNodeTests|MartletWireTests|MartletTests|HouseTests'

unit: build ## every Swift test
	$(call named,swift test --skip-build)

api: release ## hold the running server to its OpenAPI description
	$(PYTHON) Tests/http/check.py --bin "$$($(RELEASE) --show-bin-path)/martlet"
	python3 Tests/readme/run.py "$$($(RELEASE) --show-bin-path)/martlet"

test: unit api ## all tests

demo: release ## the main job on real input: hash every file under DIR, with kills in between
	$(RELEASE) --product martlet-demo
	"$$($(RELEASE) --show-bin-path)/martlet-demo" drive --directory "$(DIR)"

bench: release ## measure; FIGURES=a,b chooses, RUNS=5
	$(RELEASE) --product martlet-bench
	"$$($(RELEASE) --show-bin-path)/martlet-bench" $(if $(FIGURES),--figures $(FIGURES)) --runs $(RUNS)

torture: release ## kill -9 servers and workers KILLS times under load, then check the whole history
	$(RELEASE) --product martlet-demo
	$(RELEASE) --product martlet-bench
	python3 -m unittest discover -s Tests/torture
	python3 Tests/torture/torture.py --kills $(KILLS) $(if $(SEED),--seed $(SEED)) --bin "$$($(RELEASE) --show-bin-path)"

floods: release ## floods and slow clients beside an honest one; ATTACKS="ping settings" chooses, SECONDS_EACH=60
	$(PYTHON) -m unittest discover -s Tests/floods
	$(PYTHON) Tests/floods/floods.py $(ATTACKS) $(if $(SECONDS_EACH),--seconds $(SECONDS_EACH)) --bin "$$($(RELEASE) --show-bin-path)"

sim: deps ## live SEEDS lives of the whole system in virtual time, from SEED on, for at most MINUTES
	$(RELEASE) --product martlet-sim
	@# Each process hashes in another way: an order that comes from a dictionary makes another life.
	@life() { "$$($(RELEASE) --show-bin-path)/martlet-sim" --seed $(or $(SEED),1) || true; }; cmp <(life) <(life)
	"$$($(RELEASE) --show-bin-path)/martlet-sim" --seed $(or $(SEED),1) --seeds $(SEEDS) --minutes $(MINUTES)

bugs: deps ## let the simulator find each seeded bug, and write docs/SEEDED-BUGS.md
	python3 Tests/bugs/hunt.py --minutes $(MINUTES)
	python3 -m unittest discover -s Tests/bugs

coverage: ## how much of the core its own tests run
	scripts/coverage.sh

faults: release ## I/O errors, power cuts, corruptions, full and slow disks, standstill, clocks; PARTS=a,b chooses, WHOLE=1 does all
	python3 -m unittest discover -s Tests/faults
	python3 Tests/faults/faults.py $(if $(SEED),--seed $(SEED)) $(if $(PARTS),--parts $(PARTS)) $(if $(WHOLE),--whole) --bin "$$($(RELEASE) --show-bin-path)/martlet"

fuzz: deps ## replay what was found and look for more: TARGET, or all decoders, SECONDS together
	MARTLET_FUZZ=1 $(RELEASE) --product martlet-fuzz
	python3 -m unittest discover -s Tests/fuzz
	python3 Tests/fuzz/fuzz.py --bin "$$($(RELEASE) --show-bin-path)/martlet-fuzz" --seconds $(SECONDS) $(if $(TARGET),--target $(TARGET))

sanitize: deps ## the Swift suites under Thread Sanitizer and Address Sanitizer
	scripts/sanitize.sh thread
	scripts/sanitize.sh address

generate: ## make the protobuf code anew from Protos/
	scripts/generate-protobuf.sh

clean: ## remove what was built
	rm -rf .build .build-static .build-fuzz .build-thread .build-address .build-bugs .build-coverage .venv
