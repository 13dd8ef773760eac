#!/bin/sh
# Installs Debian packages, given by name.
set -eu

as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
export DEBIAN_FRONTEND=noninteractive
install="$as_root apt-get install -y -q --no-install-recommends"
# The lists may be old or absent; only then is an update needed.
$install "$@" || { $as_root apt-get update -q && $install "$@"; }
