#!/usr/bin/env bash
# Constant time: whatever the private exponent, a key exchange runs the same instructions and touches the same memory,
# in the same order. valgrind (lackey) writes down the address of every instruction, load and store of the release build;
# the lists for several exponents have to be equal. A control with an arithmetic that branches on its exponent has to
# differ, or nothing was seen.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v valgrind >/dev/null || tests/install_packages.sh valgrind

# run.sh [default|fast|every]: the arithmetic to watch, both if none is named. `every` watches both as they are compiled
# with each of several settings of the release profile.
case "${1:-both}" in
every)
    for lto in off fat; do
        for level in 3 2 s; do
            printf '\nopt-level %s, lto %s\n' "$level" "$lto"
            CARGO_PROFILE_RELEASE_OPT_LEVEL=$level CARGO_PROFILE_RELEASE_LTO=$lto tests/constant_time/run.sh
        done
    done
    exit
    ;;
both)
    for arithmetic in default fast; do
        echo "$arithmetic"
        tests/constant_time/run.sh "$arithmetic"
    done
    exit
    ;;
default) features=() formulations=("") ;;
fast) features=(--features fast) formulations=("" columns rows) ;;
*) echo "usage: run.sh [default|fast|every]"; exit 2 ;;
esac
cargo build --quiet --release -p mse-constant-time "${features[@]}"
program=${CARGO_TARGET_DIR:-target}/release/mse-constant-time
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# trace EXPONENT FILE [FORMULATION]: the exponent in 40 hex digits.
trace() {
    printf "$(printf '%s' "$1" | sed 's/../\\x&/g')" >"$folder/exponent"
    # An empty environment, as its size moves the stack; no vgdb, as the program's start looks over a list of mapped files,
    # and the name of vgdb's has a process number, of as many digits as it happens to have.
    env -i "$(command -v valgrind)" --vgdb=no --tool=lackey --trace-mem=yes --basic-counts=no --log-file="$folder/log" \
        "$program" ${3:-} <"$folder/exponent"
    # From the program's first instruction on: the loader, which lies higher, looks at random bytes of the kernel's.
    sed -n '/^==/d; /^I  00/,$p' "$folder/log" >"$2"
}

exponents=(
    0000000000000000000000000000000000000000
    0000000000000000000000000000000000000001
    8000000000000000000000000000000000000000
    ffffffffffffffffffffffffffffffffffffffff
    5555555555555555555555555555555555555555
    0123456789abcdef0123456789abcdef01234567
    fedcba98765432100f1e2d3c4b5a69788796a5b4
)

# First the whole exchange as it runs here, then each formulation of mse-primitives. The exponent that the others are
# compared with is traced twice: nothing but the exponent may matter.
failed=
for formulation in "${formulations[@]}"; do
    trace "${exponents[-1]}" "$folder/expected" $formulation
    echo "${formulation:-as chosen here}: $(wc -l <"$folder/expected") instructions, loads and stores"
    for exponent in "${exponents[@]}"; do
        trace "$exponent" "$folder/seen" $formulation
        if cmp -s "$folder/expected" "$folder/seen"; then
            echo "$exponent: the same"
        else
            echo "$exponent: DIFFERS from ${exponents[-1]}, first here:"
            diff "$folder/expected" "$folder/seen" | head -5 || true
            failed=yes
        fi
    done
done

trace "${exponents[1]}" "$folder/expected" control
trace "${exponents[3]}" "$folder/seen" control
if cmp -s "$folder/expected" "$folder/seen"; then
    echo "control: the same, so this sees nothing"
    failed=yes
else
    echo "control: differs, as it must"
fi
[ -z "$failed" ]
