#!/bin/sh
# Installs what the interop suite needs and prints the path of the Python that runs it.
# Usage: install.sh [FOLDER]   the virtual environment goes into FOLDER (default: target/interop-venv)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-$here/../../target/interop-venv}

packages=
command -v transmission-daemon >/dev/null || packages="$packages transmission-daemon"
command -v aria2c >/dev/null || packages="$packages aria2"
command -v ip >/dev/null || packages="$packages iproute2"
command -v unshare >/dev/null || packages="$packages util-linux"
python3 -c 'import ensurepip, venv' 2>/dev/null || packages="$packages python3-venv"
if [ -n "$packages" ]; then
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    export DEBIAN_FRONTEND=noninteractive
    {
        # The lists may be old or absent; only then is an update needed.
        $as_root apt-get install -y -q --no-install-recommends $packages ||
            { $as_root apt-get update -q && $as_root apt-get install -y -q --no-install-recommends $packages; }
    } >&2
fi

[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
"$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt" >&2
"$venv/bin/python" -c 'import libtorrent' >&2
(cd "$venv" && echo "$PWD/bin/python")
