# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # read by the scripts
# What the scripts of this room share; read by each with `.`. The command is $hardpan.
set -u
hardpan=$1
unset NO_COLOR CLICOLOR_FORCE CLICOLOR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

skip() {
    echo "SKIP: $1"
    exit 77
}

fail() {
    failures=$((failures + 1))
    echo "FAIL: $*" >&2
}

# same WHAT EXPECTED GOT
same() { [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"; }

# says WHAT PATTERN FILE
says() { grep -qE -- "$2" "$3" || fail "$1: no '$2' in: $(cat "$3")"; }

needs() {
    for program; do command -v "$program" >/dev/null || skip "no $program"; done
}

finish() { [ "$failures" = 0 ]; }

# run COMMAND...: standard output, standard error and exit status into $work/out, $work/err, $status.
run() {
    status=0
    "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# field ID NAME: of the JSON in $work/out.
field() { jq -r --arg id "$1" --arg name "$2" '.facts[] | select(.id == $id)[$name]' "$work/out"; }
