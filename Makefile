# `make` lists the targets. `make demo` and `make test` do all their own set-up on a fresh machine.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
RECIPE ?= tilenet-m
UV_VERSION := 0.13.9
BENCH_ARGS ?=
PYTEST_ARGS ?=
export PYTHON

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Environments. Packages are installed again when their lock changes, Hairline itself when pyproject.toml does.

.venv/packages: requirements/dev.txt
	.ci/make-venv .venv dev
	touch $@

.venv-edge/packages: requirements/edge-bookworm.txt requirements/edge-trixie.txt
	.ci/make-venv .venv-edge edge
	touch $@

.venv-first-named/packages: requirements/first-named.txt
	PYTHON=python3.11 .ci/make-venv .venv-first-named first-named
	@# Unlike the headless one, this OpenCV needs the system's OpenGL.
	.venv-first-named/bin/python -c 'import cv2' 2>/dev/null || .ci/apt-install libgl1 libglib2.0-0
	touch $@

.venv/ready .venv-edge/ready .venv-first-named/ready: %/ready: %/packages pyproject.toml
	$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv-uv/ready: Makefile
	.ci/make-venv .venv-uv none
	.venv-uv/bin/python -m pip install --quiet uv==$(UV_VERSION)
	touch $@

.PHONY: setup demo test lint format type
setup: .venv/ready ## the developer's environment in .venv (with TensorFlow: 2 GB)
	@echo "ready: . .venv/bin/activate"

demo: .venv-edge/ready ## find the cracks of a rendered wall, on the rover's packages alone
	rm -rf out/demo
	.venv-edge/bin/hairline run wall --log out/demo --wall demo --coverage 0.3
	.venv-edge/bin/hairline log show out/demo
	@printf '\nAll annotated pictures: %s\n' out/demo/images/*/

test: .venv/ready ## all tests
	.venv/bin/python -m pytest $(PYTEST_ARGS)

lint: .venv/ready ## ruff, and the direction of imports
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports

format: .venv/ready ## let ruff mend and format
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

type: .venv/ready ## mypy
	.venv/bin/mypy

# tensorflow 2.19.1, tflite-runtime 2.14.0, opencv-python: the edge must run on them too.
# What needs other extras (the page, exports, the pose graph) runs on today's packages only.
OTHER_EXTRAS := $(wildcard tests/test_edge_review_*.py) tests/test_edge_export_formats.py \
    tests/test_edge_pose_graph.py tests/test_edge_pose_tracker.py tests/test_edge_pose_factors.py \
    tests/test_edge_placing.py
.PHONY: test-first-named test-wheel
test-first-named: .venv-first-named/ready ## the edge's tests on the packages as first named (Python 3.11)
	.venv-first-named/bin/python -m pytest $(PYTEST_ARGS) $(filter-out $(OTHER_EXTRAS),$(wildcard tests/test_edge_*.py))

test-wheel: .venv/ready ## the wheel with [edge] alone, in an empty environment
	rm -rf out/wheel
	.venv/bin/python -m build --outdir out/wheel .
	.venv/bin/python .ci/check_wheel.py out/wheel
	.ci/make-venv out/wheel/venv none
	.ci/try-wheel out/wheel

# Compilers and emulators of Debian; rp2040js by npm, its hash pinned. clang is for libFuzzer.
FIRMWARE_PACKAGES := gcc libc6-dev g++ clang gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm \
    gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc
# Boards whose processor the table has already, on another emulated machine.
EMULATED_BESIDE := nucleo-f446re stm32f405
.PHONY: firmware firmware-tools
firmware-tools: .venv/ready ## install the tool chains and emulators that the firmware and its tests need
	@dpkg-query -W $(FIRMWARE_PACKAGES) >/dev/null 2>&1 || .ci/apt-install $(FIRMWARE_PACKAGES)
	@command -v npm >/dev/null || .ci/apt-install nodejs npm
	.venv/bin/python -c 'from firmware_export.emulate import install_rp2040js; print(install_rp2040js())'

firmware: firmware-tools ## build every board, run every emulator, print the table beside TFLite Micro's
	@for board in firmware_export/boards/*/; do \
	    .venv/bin/hairline firmware build --board $$(basename $$board) -o out/firmware/$$(basename $$board); \
	done
	@for board in $(EMULATED_BESIDE); do .venv/bin/hairline firmware emulate --board $$board; done
	.venv/bin/python tests/benchmarks/bench_firmware.py --json out/bench/bench_firmware.json $(BENCH_ARGS)

# Tests that lack one of these are skipped, and say so.
TEST_PACKAGES := chromium postgresql postgresql-postgis openssl
.PHONY: test-tools
test-tools: ## install the browser and the database server that the tests of the page and of the base need
	@dpkg-query -W $(TEST_PACKAGES) >/dev/null 2>&1 || .ci/apt-install $(TEST_PACKAGES)

DEEPC_PACKAGES := g++ g++-aarch64-linux-gnu qemu-user gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm
.PHONY: deepc
deepc: .venv/ready ## fetch deepC 0.13 into the user's cache, its hash checked, and install the compilers it needs
	@dpkg-query -W $(DEEPC_PACKAGES) >/dev/null 2>&1 || .ci/apt-install $(DEEPC_PACKAGES)
	.venv/bin/python -m firmware_export.deepc.fetch

.PHONY: fuzz-firmware
fuzz-firmware: .venv/ready ## a million damaged .tflite files through the C generator's reader (MUTATIONS=1000000)
	.venv/bin/python tests/fuzz_firmware_reader.py --mutations $(or $(MUTATIONS),1000000)

SOAK_PACKAGES := qemu-system-x86 nbdkit nbdkit-plugin-python busybox-static cpio e2fsprogs gcc
.PHONY: soak soak-tools
soak-tools: ## install the emulator, the disk server and the kernel that power cuts need
	@# -s, because -W finds packages that are known and not installed.
	@dpkg-query -s $(SOAK_PACKAGES) >/dev/null 2>&1 || .ci/apt-install $(SOAK_PACKAGES)
	@[ -d out/guest-kernel/boot ] || { rm -rf out/guest-kernel; mkdir -p out/guest-kernel; cd out/guest-kernel; \
	    apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1 || apt-get update -qq; \
	    kernel=$$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $$2 }'); \
	    [ -n "$$kernel" ] || { echo "apt knows no linux-image-cloud-amd64: run apt-get update"; exit 1; }; \
	    apt-get download "$$kernel"; \
	    dpkg -x linux-image-*.deb .; }

soak: .venv/ready soak-tools ## the long form: 1,000 kills, every fault, 50 power cuts of a guest
	@for bench in kills faults power_cuts soak_memory; do \
	    .venv/bin/python tests/benchmarks/bench_$$bench.py --json out/bench/bench_$$bench.json $(BENCH_ARGS); \
	done

.PHONY: peers
peers: .venv/ready ## install what bench_dense.py measures beside (sahi, OpenVINO); without them it says so
	.venv/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements/peers.txt

ARM64_PACKAGES := debootstrap qemu-user-static
.PHONY: test-arm64
test-arm64: .venv/ready .venv-edge/ready ## the wheel on an emulated arm64 Debian: the same finds as here (needs root)
	@dpkg-query -s $(ARM64_PACKAGES) >/dev/null 2>&1 || .ci/apt-install $(ARM64_PACKAGES)
	rm -f out/arm64/hairline-*.whl
	.venv/bin/python -m build --wheel --outdir out/arm64 .
	PYTHON=.venv/bin/python .ci/make-arm64 out/arm64
	.venv/bin/python tests/benchmarks/arm64_finds.py --json out/bench/arm64_finds.json $(BENCH_ARGS)

.PHONY: bench results golden data train release lock clean
bench: .venv/ready ## every benchmark, its figures also in out/bench (BENCH_ARGS=--short for a look)
	@failed=; for bench in tests/benchmarks/bench_*.py; do \
	    .venv/bin/python $$bench --json out/bench/$$(basename $$bench .py).json $(BENCH_ARGS) || failed="$$failed $$bench"; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

results: .venv/ready ## measure everything again and write docs/results.md (needs the data)
	@for bench in tests/benchmarks/bench_*.py; do \
	    .venv/bin/python $$bench --json docs/results/$$(basename $$bench .py).json; \
	done
	mkdir -p out docs/results/shipped
	.venv/bin/hairline evaluate --all --float --json > out/evaluation.json
	mv out/evaluation.json docs/results/shipped/evaluation.json
	.venv/bin/python -m training.results

golden: .venv/ready ## make the golden files of tests/golden again; review them as code
	@for maker in tests/golden/make_*.py; do echo $$maker; .venv/bin/python $$maker; done
	git status --short tests/golden

data: .venv/ready ## download the data sets that the shipped recipes train on (0.75 GB), and check them
	.venv/bin/hairline data fetch metu
	.venv/bin/hairline data fetch sdnet2018
	.venv/bin/hairline data check metu sdnet2018

train: .venv/ready ## train RECIPE (tilenet-m) and make a bundle of it in runs/RECIPE
	.venv/bin/hairline train $(RECIPE)

release: test test-wheel ## wheel, sdist and SHA-256 sums in dist/, from a clean tree; uploads nothing
	@test -z "$$(git status --porcelain)" || { echo "the tree has changes that are not committed:"; git status --short; exit 1; }
	.venv/bin/python .ci/check_wheel.py --release out/wheel
	rm -rf dist && mkdir dist
	cp out/wheel/hairline-*.whl out/wheel/hairline-*.tar.gz dist/
	cd dist && sha256sum hairline-* | tee SHA256SUMS

# Universal locks hold for x86-64 and aarch64; the others are for one Python each, with the hashes of every platform.
# What is locked stays until UPGRADE=1.
LOCK := .venv-uv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url $(if $(UPGRADE),--upgrade) \
    --custom-compile-command "make lock" --constraint requirements/constraints.in
lock: .venv-uv/ready ## pin the packages of every extra in requirements/*.txt (UPGRADE=1: the newest)
	$(LOCK) --python-version 3.11 --python-platform linux --extra edge pyproject.toml requirements/edge-bookworm.in -o requirements/edge-bookworm.txt
	$(LOCK) --python-version 3.13 --python-platform linux --extra edge pyproject.toml requirements/edge-trixie.in -o requirements/edge-trixie.txt
	$(LOCK) --python-version 3.11 --python-platform linux requirements/first-named.in -o requirements/first-named.txt
	for extra in review export base mqtt serial train calibrate firmware flash dev; do \
	    $(LOCK) --python-version 3.11 --universal --extra $$extra pyproject.toml -o requirements/$$extra.txt; \
	done
	$(LOCK) --python-version 3.11 --universal --constraint requirements/dev.txt --no-emit-package opencv-python requirements/peers.in -o requirements/peers.txt

clean: ## remove environments, caches and everything under out/ and dist/ (not data/ nor runs/)
	rm -rf .venv .venv-edge .venv-first-named .venv-uv out dist build *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.git/*' -type d -prune -exec rm -rf {} +
