#!/bin/sh
# SPDX-License-Identifier: MIT
# An answer that did not arrive is no answer: status 3 and a sentence, whatever the facts were.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"

for arguments in 'doctor' 'doctor --json' 'doctor --help' '--help' '--version'; do
    status=0
    # shellcheck disable=SC2086
    "$hardpan" $arguments >&- 2>"$work/err" || status=$?
    same "$arguments, closed" 3 "$status"
    says "$arguments, closed" '^hardpan: standard output: EBADF, ' "$work/err"

    status=0
    # shellcheck disable=SC2086
    "$hardpan" $arguments >/dev/full 2>"$work/err" || status=$?
    same "$arguments, full" 3 "$status"
    says "$arguments, full" '^hardpan: standard output: ENOSPC, ' "$work/err"
done

# Nothing open at all: the probes' descriptors take the numbers 0, 1 and 2, and give them back.
status=0
"$hardpan" doctor <&- >&- 2>&- || status=$?
same 'all closed' 3 "$status"

# A reader that went away hears nothing more and nobody is told. Where the signal is ignored the
# status says it; the pipe has lost its reader before the command starts.
{
    while [ ! -e "$work/gone" ]; do sleep 0.05; done
    status=0
    (trap '' PIPE && exec "$hardpan" doctor 2>"$work/err") || status=$?
    echo "$status" >"$work/status"
} | {
    exec <&-
    : >"$work/gone"
}
same 'a reader that went away: status' 3 "$(cat "$work/status")"
same 'a reader that went away' '' "$(cat "$work/err")"
finish
