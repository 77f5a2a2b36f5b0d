# The ways to build and check OmniCRM; each is a CMake preset or a script that also runs by itself.
.DEFAULT_GOAL := help
SHELL := /bin/bash
JOBS ?= $(shell nproc)
PYTHON ?= /usr/bin/python3

.PHONY: help bootstrap demo test release bench packages asan tsan clang fuzz soak format tidy clean

help: ## this list
	@echo "make <target>"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | column -t -s '|'

bootstrap: ## install the Debian packages that are missing (scripts/apt-packages.txt)
	@scripts/bootstrap

demo: bootstrap ## real mail in, a reviewed, reversible, searchable CRM out (DB=postgresql: on a server)
	@scripts/demo $(if $(DB),--$(DB))

test: bootstrap ## build, then every test and 30 seconds of each fuzzer
	@JOBS=$(JOBS) scripts/test

release: bootstrap ## the library and the command, optimized: build/release/bin/omnicrm
	@mkdir -p build
	@cmake --preset release >build/.configure.log 2>&1 || { cat build/.configure.log; exit 1; }
	@cmake --build --preset release -j $(JOBS)

bench: release ## the benchmarks, into build/bench.jsonl (B=name for one)
	@scripts/bench $(B)

packages: bootstrap ## the Debian packages, tried from an unpacked folder: build/packages/*.deb
	@mkdir -p build/packages && rm -f build/packages/*.deb
	@cmake --preset packages >build/packages/configure.log 2>&1 || { cat build/packages/configure.log; exit 1; }
	@cmake --build --preset packages -j $(JOBS)
	@cd build/packages && cpack >cpack.log 2>&1 || { cat cpack.log; exit 1; }
	@tests/install/debs build/packages
	@ls build/packages/*.deb

abi: bootstrap ## compares the C library's binary interface with capi/abi/libomnicrm_c.abi
	@scripts/abi --build

asan: bootstrap ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@JOBS=$(JOBS) scripts/test --preset asan

tsan: bootstrap ## the tests under ThreadSanitizer
	@JOBS=$(JOBS) scripts/test --preset tsan

clang: bootstrap ## the tests, built by clang with warnings as errors
	@JOBS=$(JOBS) scripts/test --preset clang

fuzz: bootstrap ## each fuzzer for SECONDS_EACH (30) seconds
	@JOBS=$(JOBS) scripts/fuzz

soak: release ## the slow checks: long runs of the jobs under faults; the Python sdist compiled, installed and used
	@scripts/soak
	@$(PYTHON) bindings/python/scripts/check_wheel.py build/release --full

format: bootstrap ## clang-format on every C++ file
	@scripts/list-cpp | xargs -r clang-format-14 -i

tidy: bootstrap ## clang-tidy on the library (F=file... for some)
	@JOBS=$(JOBS) scripts/tidy $(F)

clean: ## remove build/
	rm -rf build
