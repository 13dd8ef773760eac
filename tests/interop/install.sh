#!/bin/sh
# Installs what the interop suite needs: Debian packages by name, libtorrent in a virtual environment (INTEROP_VENV,
# default: interop-venv in cargo's target folder), WebTorrent from npm (INTEROP_NODE, default: interop-node there).
# A client that cannot be had does not end this: the suite reports its cases as not run, and fails for it.
# With `--newest` it also puts Debian sid and its clients into a folder (INTEROP_SID, default: interop-sid there), as root.
# Delete the folder to get newer ones.
# With `--with-rqbit` it also builds rqbit from source (INTEROP_RQBIT, default: interop-rqbit there): many minutes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
venv=${INTEROP_VENV:-$target/interop-venv}
node=${INTEROP_NODE:-$target/interop-node}
sid=${INTEROP_SID:-$target/interop-sid}

newest= with_rqbit=
for word; do
    case $word in
        --newest) newest=yes ;;
        --with-rqbit) with_rqbit=yes ;;
        *) echo "no option $word" >&2; exit 2 ;;
    esac
done

packages=
need() { # PROGRAM PACKAGE...: the packages, if there is no such program
    command -v "$1" >/dev/null && return
    shift
    packages="$packages $*"
}
need transmission-daemon transmission-daemon
need aria2c aria2
need rtorrent rtorrent
need qbittorrent-nox qbittorrent-nox
need deluged deluged
need node nodejs
need npm npm
need ip iproute2
need unshare util-linux
[ -z "$newest" ] || need debootstrap debootstrap
python3 -c 'import ensurepip, venv' 2>/dev/null || packages="$packages python3-venv"
if [ -n "$packages" ]; then
    # Unquoted: a list of words. All at once is quicker; one at a time where one of them cannot be had.
    "$here/../install_packages.sh" $packages || for package in $packages; do
        "$here/../install_packages.sh" "$package" || echo "interop: no package $package" >&2
    done
fi

[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt"
"$venv/bin/python" -c 'import libtorrent'

# Without scripts: one of its packages would download a native module, for WebRTC, which the suite does without.
mkdir -p "$node"
if ! cmp -s "$here/package.json" "$node/package.json" || [ ! -f "$node/node_modules/webtorrent/package.json" ]; then
    cp "$here/package.json" "$node/"
    (cd "$node" && npm install --ignore-scripts --no-audit --no-fund --no-package-lock --silent) ||
        echo "interop: no package webtorrent" >&2
fi

# A Debian of its own, which nothing is mounted into here: the suite does that in its own namespace.
in_sid() { chroot "$sid" env DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"; }
install_in_sid() { in_sid apt-get install -y -q --no-install-recommends "$@"; }
make_sid() {
    rm -rf "$sid"
    debootstrap --variant=minbase sid "$sid" >"$sid.log" 2>&1 || { tail "$sid.log"; return 1; }
    # Start no daemon, and do not wait for the disk.
    printf '#!/bin/sh\nexit 101\n' >"$sid/usr/sbin/policy-rc.d"
    chmod +x "$sid/usr/sbin/policy-rc.d"
    echo force-unsafe-io >"$sid/etc/dpkg/dpkg.cfg.d/unsafe-io"
    # Unstable: one of them may be impossible to install today.
    set -- transmission-daemon aria2 rtorrent qbittorrent-nox deluged
    install_in_sid "$@" >>"$sid.log" 2>&1 || for package; do
        install_in_sid "$package" >>"$sid.log" 2>&1 || echo "interop: no package $package in sid" >&2
    done
    in_sid apt-get clean
    touch "$sid/complete"
}
if [ -n "$newest" ] && [ ! -f "$sid/complete" ]; then
    make_sid || echo "interop: no Debian sid" >&2
fi

if [ -n "$with_rqbit" ]; then
    cargo install rqbit --locked --root "${INTEROP_RQBIT:-$target/interop-rqbit}"
fi
echo "interop: ready in $venv"
