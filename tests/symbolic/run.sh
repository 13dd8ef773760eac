#!/usr/bin/env bash
# Proves the statements of mse-primitives for all operands, in the compiled code. The code is built with overflow checks,
# and no operand makes one of them fail. The arguments are the levels of optimisation, by default 1 and 3.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
venv=$target/symbolic-venv
python3 -c 'import ensurepip, venv' 2>/dev/null || tests/install_packages.sh python3-venv >/dev/null
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check -r tests/symbolic/requirements.txt

# The code must run on every x86-64, whatever the flags of this machine say.
export RUSTFLAGS=
[ $# -gt 0 ] || set -- 1 3
for level; do
    echo "opt-level $level"
    CARGO_PROFILE_SYMBOLIC_OPT_LEVEL=$level cargo build --quiet -p mse-symbolic --profile symbolic
    "$venv/bin/python" tests/symbolic/prove.py "$target/symbolic/libmse_symbolic.so"
done
