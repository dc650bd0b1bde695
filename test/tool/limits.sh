#!/bin/sh
# SPDX-License-Identifier: MIT
# What the one who starts the command can do to it, without any tracer: limits, layouts, descriptors.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
needs jq

# fact ID STATUS PATTERN
fact() {
    same "$1" "$2" "$(field "$1" status)"
    field "$1" found >"$work/found"
    says "$1" "$3" "$work/found"
}

# shellcheck disable=SC3045 # dash and busybox know -v and -d
run sh -c 'ulimit -v 4194304 && exec "$0" doctor --json mmap.reserve mem.limits mem.overcommit' "$hardpan"
fact mem.limits wrong 'address space \(ulimit -v\) 4 GiB'
fact mmap.reserve wrong '[12] GiB in one piece without access; the next power of two: ENOMEM'
same 'ulimit -v' 1 "$status"

run sh -c 'ulimit -d 262144 && exec "$0" doctor --json mem.limits' "$hardpan"
fact mem.limits wrong 'data \(ulimit -d\) 256 MiB'

run sh -c 'exec 7</dev/null 9>&7; exec "$0" doctor --json fd.inherited' "$hardpan"
fact fd.inherited note '7 /dev/null'
fact fd.inherited note '9 /dev/null'
same 'descriptors handed on' 0 "$status"

if command -v setarch >/dev/null && setarch -L true 2>/dev/null; then
    run setarch -L "$hardpan" doctor --json layout
    fact layout.kind note 'legacy, bottom-up'
    run setarch -R "$hardpan" doctor --json layout
    fact layout.base note 'not randomised'
fi
run "$hardpan" doctor --json layout.kind
fact layout.kind ok top-down
finish
