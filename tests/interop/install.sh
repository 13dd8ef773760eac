#!/bin/sh
# Installs what the interop suite needs: Debian packages by name, and libtorrent in a virtual environment
# (INTEROP_VENV, default: interop-venv in cargo's target folder).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${INTEROP_VENV:-${CARGO_TARGET_DIR:-$here/../../target}/interop-venv}

packages=
command -v transmission-daemon >/dev/null || packages="$packages transmission-daemon"
command -v aria2c >/dev/null || packages="$packages aria2"
command -v ip >/dev/null || packages="$packages iproute2"
command -v unshare >/dev/null || packages="$packages util-linux"
python3 -c 'import ensurepip, venv' 2>/dev/null || packages="$packages python3-venv"
# Unquoted: a list of words.
[ -z "$packages" ] || "$here/../install_packages.sh" $packages

[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt"
"$venv/bin/python" -c 'import libtorrent'
echo "interop: ready in $venv"
