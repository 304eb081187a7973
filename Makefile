# The workbook's actions. All but clean and help first create .venv and install the project into it, if .venv is
# missing or if pyproject.toml or constraints.txt has changed since.

PYTHON ?= python3
TORCH ?= $(shell sed -n '/^torch==/p' constraints.txt)
PIP_ARGS ?=
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
CHOICE := $(strip $(PYTHON) $(TORCH) $(PIP_ARGS))

# Threads that spin while they wait make two processes on the same cores several times slower.
export OMP_WAIT_POLICY := PASSIVE

.DEFAULT_GOAL := help
.PHONY: help report lab test clean FORCE
.DELETE_ON_ERROR:

help:
	@echo 'make report   execute the notebooks, write build/report/index.html'
	@echo 'make lab      open JupyterLab on your own copy of the notebooks, my_notebooks/ (never overwritten)'
	@echo 'make test     run all checks and tests'
	@echo 'make clean    delete build/ (reports and finished training runs; never records, notebooks or my_notebooks)'
	@echo
	@echo 'ARGS="..."      passed on by report and lab: ARGS="--profile smoke --only 02", ARGS="--solved"'
	@echo 'PYTHON=...      Python 3.11 to 3.14 for a new .venv (now: $(PYTHON))'
	@echo 'TORCH=...       which torch to install (now: $(TORCH))'
	@echo 'PIP_ARGS="..."  options for pip, for example the index of another torch build'
	@echo 'Another PYTHON, TORCH or PIP_ARGS than before makes .venv anew.'

report: $(STAMP)
	$(BIN)/python -m recurse_lab run $(ARGS)

lab: $(STAMP)
	$(BIN)/python -m recurse_lab lab $(ARGS)

test: $(STAMP)
	$(BIN)/python -m recurse_lab test

clean:
	rm -rf build

# Rebuild .venv if this call gives a PYTHON, TORCH or PIP_ARGS other than the one .venv was made with.
GIVEN := $(filter command environment,$(foreach name,PYTHON TORCH PIP_ARGS,$(origin $(name))))
MADE_WITH := $(strip $(shell cat $(VENV)/choice 2>/dev/null))
ifneq ($(and $(GIVEN),$(MADE_WITH)),)
ifneq ($(CHOICE),$(MADE_WITH))
$(STAMP) $(BIN)/python: FORCE
endif
endif

# Install again if the Python of .venv is gone.
ifeq ($(realpath $(BIN)/python),)
$(STAMP): FORCE
endif

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 15) else "Python 3.11 to 3.14 is needed, this is %d.%d; choose another: make PYTHON=..." % sys.version_info[:2])'
	$(PYTHON) -m venv --clear $(VENV)
	@echo '$(CHOICE)' > $(VENV)/choice

# Install torch and the project in one pip command; pip would otherwise take the newest torch. TORCH overrides
# the constraints, so the constraints leave torch out.
$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	sed '/^torch==/d' constraints.txt > $(VENV)/constraints.txt
	$(BIN)/python -m pip install -c $(VENV)/constraints.txt $(PIP_ARGS) "$(TORCH)" -e ".[dev]"
	@touch $@

FORCE:
