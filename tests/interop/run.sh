#!/bin/sh
# Runs the suite on the examples that `cargo build --examples` made. Arguments go to run.py.
# PROFILE (default: debug) and CARGO_TARGET_DIR say where they are; INTEROP_VENV where install.sh put Python.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
programs=$target/${PROFILE:-debug}/examples
python=${INTEROP_VENV:-$target/interop-venv}/bin/python
[ -x "$python" ] || { echo "no $python: run install.sh first" >&2; exit 1; }
exec "$python" -B "$here/run.py" --bridge "$programs/bridge" --echo-server "$programs/echo_server" \
    --echo-client "$programs/echo_client" "$@"
