#!/bin/sh
# Runs the suite on the programs that `cargo build --examples` and `cargo build -p mse-tools -p mse-interop` made.
# Arguments go to run.py.
# PROFILE (default: debug) and CARGO_TARGET_DIR say where they are; INTEROP_VENV and INTEROP_NODE where install.sh put
# Python and WebTorrent, INTEROP_SID where install.sh --newest put Debian sid.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
programs=$target/${PROFILE:-debug}
python=${INTEROP_VENV:-$target/interop-venv}/bin/python
export INTEROP_NODE_MODULES="${INTEROP_NODE:-$target/interop-node}/node_modules"
export INTEROP_SID="${INTEROP_SID:-$target/interop-sid}"
# `--with-rqbit` needs no value here: it is where `install.sh --with-rqbit` put it.
rqbit=${INTEROP_RQBIT:-$target/interop-rqbit}/bin/rqbit
for word; do
    shift
    [ "$word" != --with-rqbit ] || word=--with-rqbit=$rqbit
    set -- "$@" "$word"
done
[ -x "$python" ] || { echo "no $python: run install.sh first" >&2; exit 1; }
exec "$python" -B "$here/run.py" --bridge "$programs/mse-bridge" --echo-server "$programs/examples/echo_server" \
    --echo-client "$programs/examples/echo_client" --hinted "$programs/hinted" \
    --guide-client "$programs/interop_guide_client" --guide-halves "$programs/interop_guide_halves" "$@"
