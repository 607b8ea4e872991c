#!/usr/bin/env bash
# fast-slic is not on conda-forge; it only builds without isolation and needs a C++ compiler.
set -euo pipefail
pip install --no-build-isolation --no-deps fast-slic==0.4.0
