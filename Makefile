# `make demo` and `make test` create the environment if it does not exist.
.PHONY: setup demo demo-all test test-cluster test-remotes coverage smoke docs dvc pull lock clean-results fuzz torture
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV ?= .venv
SHELL := /bin/bash

# VENV is an absolute path or relative to this folder. It may contain spaces: they are escaped in target names
# and quoted in the shell.
ENVIRONMENT := $(if $(filter /%,$(VENV)),$(VENV),$(CURDIR)/$(VENV))
export PATH := $(ENVIRONMENT)/bin:$(PATH)
EMPTY :=
SPACE := $(EMPTY) $(EMPTY)
READY := $(subst $(SPACE),\$(SPACE),$(VENV))/.ready

setup: $(READY)

# fast-slic takes a minute to compile, which runs in parallel with the other installations.
$(READY): pyproject.toml constraints.txt build-requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "respectra needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv "$(VENV)"
	pip install --quiet --upgrade pip
	pip install --quiet -c constraints.txt -r build-requirements.txt numpy
	@set -e; \
	pip wheel --quiet --no-build-isolation --no-deps -c constraints.txt -w "$(VENV)/wheels" fast-slic > "$(VENV)/fast-slic.log" 2>&1 & slic=$$!; \
	pip install --quiet -c constraints.txt -e '.[test]'; \
	wait $$slic || { cat "$(VENV)/fast-slic.log"; echo 'fast-slic did not compile: it needs a C++ compiler (g++) and the Python headers'; exit 1; }
	pip install --quiet --no-deps --no-index --force-reinstall "$(VENV)"/wheels/fast_slic-*.whl
	@touch "$@"

# Methods whose small networks train in a few minutes; `make demo-all` makes all methods.
DEMO_METHODS := linear,mean_spectrum,oracle,ivl_fast,sparse_coding,mst_plus_plus,hprn,drcr_net,awan,mst_plus_plus_ensemble,hprn_ensemble

demo: setup
	snakemake --cores all --quiet rules host --config methods=$(DEMO_METHODS)
	@echo
	@respectra compare overview
	@echo
	@echo 'All tables:  results/tables     this one: results/tables/overview/methods.demo.synthetic.md'
	@echo 'All figures: results/figures    for example results/figures/overview/error_maps.demo.synthetic.png'
	@echo
	@page=results/page/overview/scenes.demo.synthetic.html; test ! -f $$page || echo "Page:        $$page"
	@echo 'Next, after: source "$(ENVIRONMENT)/bin/activate"'
	@echo '  make demo-all                            every method and both papers'
	@echo '  respectra compare ntire2022              our values next to the published ones'
	@echo '  respectra list                           every method and variant'
	@echo '  snakemake --cores all page               a page for a browser: spectra of any pixel'
	@echo '  snakemake --cores all --config dataset=folder folder=PATH      your own cubes'

# Every method and the tables of both papers, at a budget that 50 trainings can afford.
demo-all: setup
	snakemake --cores all --quiet rules host --config budget=quick
	@echo
	@respectra compare overview --edition quick.synthetic

test: setup
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check .
	python -m pytest

# The tests again, with the share of the package's lines that they run; longer than `make test`.
coverage: setup
	python -m pytest --cov --cov-report=term:skip-covered

# Malformed inputs of every kind for a time; prints how many ended how.
SECONDS ?= 600
fuzz: setup
	python -m tests.fuzz --seconds $(SECONDS)

# Trainings killed at random moments: as a function, by snakemake and by dvc.
KILLS ?= 100
torture: setup
	python -m pytest -n 0 tests/workflow/test_power.py
	python -m tests.workflow.torture --kills $(KILLS)

# On a SLURM of two nodes that is started on this machine; needs root and apt-get install slurm-wlm munge.
test-cluster: setup
	pip install --quiet 'snakemake-executor-plugin-slurm>=2.8,<3'
	python -m pytest tests/cluster -m cluster -n 0

# DVC's remotes against servers of SSH and S3 on this machine; needs apt-get install openssh-server.
test-remotes: setup
	test -x "$(VENV)/remotes/bin/dvc" || $(PYTHON) -m venv "$(VENV)/remotes"
	"$(VENV)/remotes/bin/pip" install --quiet -r tests/remotes/requirements.txt
	python -m pytest tests/remotes -m remotes -n 0

# The whole workflow with all methods, two iterations each.
smoke: setup
	snakemake --cores all --quiet -- smoke

docs: setup
	pip install --quiet -c constraints.txt -e '.[docs]'
	python -m sphinx -E -q -W --keep-going -b html docs docs/_build/html

# The stages of DVC, derived from the plans.
dvc: setup
	respectra dvc > "$(VENV)/dvc.yaml"
	mv "$(VENV)/dvc.yaml" dvc.yaml

# `dvc pull` does not restore the times of files; --touch marks all files as up to date.
pull: setup
	dvc pull
	snakemake --touch

# Write all pinned versions to constraints.txt, without the address of an index; needs `pip install uv`.
lock:
	uv pip compile --quiet --universal --all-extras --no-emit-index-url --no-annotate --no-header \
	    -P torch==2.13.0 pyproject.toml build-requirements.txt -o constraints.txt
	echo 'fast-slic==0.4.0' >> constraints.txt
	LC_ALL=C sort -o constraints.txt constraints.txt

clean-results:
	rm -rf results logs
