# Two commands: `make grade` and `make test`. Each does all its own set-up.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

# Nothing outside this folder is touched: caches and settings of the libraries stay in build/.
export MPLCONFIGDIR := $(CURDIR)/build/home/matplotlib
export IPYTHONDIR := $(CURDIR)/build/home/ipython
export JUPYTER_CONFIG_DIR := $(CURDIR)/build/home/jupyter
export JUPYTER_DATA_DIR := $(CURDIR)/build/home/jupyter-data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/build/home/jupyter-runtime

# As root, students' processes run as another user: an interpreter under /root would be closed to them, so prefer the
# system's. Anyone else takes the python3 that comes first.
PYTHON ?= $(shell for p in $$([ "$$(id -u)" = 0 ] && echo /usr/bin/python3) python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

COURSE ?= .
# An assignment or one of its editions, such as loss_functions_en.
ASSIGNMENT ?= loss_functions

# What grades needs Linux; say so before 6 GB are installed.
HOST ?= $(shell uname -s)
.PHONY: linux
linux:
	@[ "$(HOST)" = Linux ] || { printf '%s\n' \
		"make: grading needs Linux, because students' code runs in its sandbox, and this is $(HOST). Nothing was installed." \
		"  Here you can: make release, make publish, and make desk (formgrader on work that was graded elsewhere)." \
		"  To grade: on a Linux machine, a virtual machine, WSL 2 or a container; docs/not-linux.md has the steps." >&2; exit 1; }

.PHONY: grade desk report test hostile quality bench translate release publish clean
grade: linux $(VENV)/ready
	@$(BIN)/python -m grader grade --assignment $(ASSIGNMENT)

desk: $(VENV)/ready
	@$(BIN)/python -m grader desk --course $(COURSE)

report: $(VENV)/ready
	@$(BIN)/python -m grader report --assignment $(ASSIGNMENT)

test: linux $(VENV)/ready
	@$(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/pytest

hostile: linux $(VENV)/ready
	@$(BIN)/python -m tests.hostile

quality: linux $(VENV)/ready
	@$(BIN)/python -m tests.quality

bench: linux $(VENV)/ready
	@$(BIN)/python -m tests.bench

translate: $(VENV)/ready
	@$(BIN)/python -m grader translate --assignment $(ASSIGNMENT)

release: $(VENV)/ready
	@$(BIN)/python -m grader release --assignment $(ASSIGNMENT)

publish: $(VENV)/ready
	@$(BIN)/python -m grader publish --assignment $(ASSIGNMENT)

$(VENV)/ready: constraints.txt
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer with its venv module is needed (Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON) (torch is large: some minutes) …"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-cache-dir --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf build
