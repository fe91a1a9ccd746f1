# Everything here forwards to scripts and CMake; see `make help`.
.PHONY: help setup build demo check fuzz bench

help:
	@echo "make demo    install what is missing, build, run the examples: errors and speed"
	@echo "make check   the same set-up, then every test"
	@echo "make fuzz    1,000 random programs more, new ones each day: PROGRAMS=n SEED=n"
	@echo "make bench   time the CPU kernels against this machine's peak"
	@echo "make build   only install what is missing and build (build/release)"

setup:
	@scripts/setup.sh

build: setup
	@cmake --preset release >/dev/null
	@cmake --build --preset release

demo: build
	@scripts/demo.sh

check: setup
	@scripts/check.sh

PROGRAMS ?= 1000
SEED ?= $(shell date +%Y%m%d)
fuzz: build
	@python3 test/Integration/CPU/fuzz.py --fovea-run build/release/bin/fovea-run \
	  --seed $(SEED) --programs $(PROGRAMS) --targets cpu cpu cpu:avx2 cpu:plain

bench: build
	@python3 benchmarks/cpu/bench.py --fovea-run build/release/bin/fovea-run
