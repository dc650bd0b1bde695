#!/bin/sh
# SPDX-License-Identifier: MIT
# script/setup where nothing is missing, where something is and may not be installed, and where there
# is no apt at all. Nothing is installed here: the search path is one of our own making.
set -eu
setup=$(cd "$(dirname "$0")/../.." && pwd)/script/setup
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "setup: $*"
    exit 1
}
shell=$(command -v sh)

run() { # run PATH LEVEL: its status in $status, its words in $work/said
    status=0
    env PATH="$1" "$shell" "$setup" "$2" >"$work/said" 2>&1 || status=$?
}

mkdir "$work/all" "$work/none" "$work/apt"
for name in cmake make cc pkg-config; do printf '#!%s\nexit 99\n' "$shell" >"$work/all/$name"; done
chmod +x "$work"/all/*
if [ -e /usr/include/jansson.h ]; then
    # Not one program is started: each of them would end it, and there is no other.
    run "$work/all" run
    if [ "$status" != 0 ] || [ -s "$work/said" ]; then
        fail "is not silent where nothing is missing: $(cat "$work/said")"
    fi
fi

run "$work/none" run
[ "$status" = 1 ] || fail "status $status, not 1, where there is no apt-get"
grep -q 'cmake make gcc pkg-config' "$work/said" || fail "does not say what is missing: $(cat "$work/said")"

# Somebody who is not root and whose sudo asks for a password.
say() { printf '#!%s\n%s\n' "$shell" "$2" >"$work/apt/$1" && chmod +x "$work/apt/$1"; }
say id 'echo 1000'
say sudo 'exit 1'
say apt-get "echo apt-get was run; exit 1"
say apt-cache "exit 0"
run "$work/apt" run
[ "$status" = 1 ] || fail "status $status, not 1, where it may not install"
! grep -q 'apt-get was run' "$work/said" || fail "ran apt-get without being allowed to"
grep -q 'sudo apt-get install --yes --no-install-recommends cmake make gcc pkg-config' "$work/said" ||
    grep -q 'apt-get install --yes --no-install-recommends cmake make gcc pkg-config' "$work/said" ||
    fail "does not print the line to type: $(cat "$work/said")"

run "$PATH" nonsense
[ "$status" = 2 ] || fail "status $status, not 2, for a level that is none"
echo "ok"
