#!/bin/sh
# SPDX-License-Identifier: MIT
# Without /proc a fact that lives there says that it could not look, and the status is 3; the facts
# that need none are found as ever.
# shellcheck disable=SC1091,SC2154,SC2016 # common.sh sets them; the inner shell expands
. "$(dirname "$0")/common.sh"
needs jq unshare mount
unshare -m mount -t tmpfs none /proc 2>"$work/err" ||
    skip "no empty /proc can be mounted here: $(head -n 1 "$work/err")"

others='mmap.hint mmap.noreplace mem.guard poll.epoll restart.args restart.number fd.atomic'
run "$hardpan" doctor --json
for id in $others; do echo "$id $(field "$id" status)"; done >"$work/before"
run unshare -m sh -c 'mount -t tmpfs none /proc && exec "$0" doctor --json' "$hardpan"
for id in mem.maps mem.query layout.base fd.inherited mmap.min_addr; do
    same "$id" note "$(field $id status)"
    field $id found >"$work/found"
    says $id '^could not look: ENOENT from /proc/' "$work/found"
    field "$id" "do" >"$work/found"
    says $id 'mount -t proc' "$work/found"
done
for id in $others; do echo "$id $(field "$id" status)"; done >"$work/after"
same 'the others' "$(cat "$work/before")" "$(cat "$work/after")"
case $(jq -r '[.facts[].status] | index("wrong") != null' "$work/out") in
true) same 'exit status' 1 "$status" ;;
*) same 'exit status' 3 "$status" ;;
esac

run unshare -m sh -c 'mount -t tmpfs none /proc && exec "$0" doctor mem.maps' "$hardpan"
same 'exit status of one' 3 "$status"
says 'the summary' 'could not look at 1' "$work/out"
finish
