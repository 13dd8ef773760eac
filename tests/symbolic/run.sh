#!/usr/bin/env bash
# Proves the statements of mse-primitives for all operands, by the machine code of two levels of optimisation. It has
# checks of overflow, and each is proved to be needless.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
venv=$target/symbolic-venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check -r tests/symbolic/requirements.txt

# Whatever the flags of this machine say, the code is for every x86-64.
export RUSTFLAGS=
for level in 1 3; do
    echo "opt-level $level"
    CARGO_PROFILE_SYMBOLIC_OPT_LEVEL=$level cargo build --quiet -p mse-symbolic --profile symbolic
    "$venv/bin/python" tests/symbolic/prove.py "$target/symbolic/libmse_symbolic.so"
done
