#!/bin/sh
# SPDX-License-Identifier: MIT
# traces.sh HARDPAN WITNESS: no fact leaves a trace: no signal about a child and no child that a wait
# for any would meet, no descriptor, no handler, no mask, no mapping of a file or of shared memory. Private memory is not
# compared: the C library keeps stacks and arenas of threads that have ended.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
needs strace
strace -o "$work/log" true 2>"$work/err" || skip "strace may not trace here: $(head -n 1 "$work/err")"

# A parent that waits for everything meets the command, once, and hears of it once.
run "$hardpan" doctor
run "$2" "$hardpan" doctor
case $(cat "$work/out") in
'signals 1, met 1, strangers 0, status '[01]) ;;
*) fail "the parent saw: $(cat "$work/out")" ;;
esac

# Children are made, and the command itself is never told of one.
strace -f -qq -o "$work/log" -e trace=clone,fork,vfork,clone3 -e signal=SIGCHLD,SIGALRM "$hardpan" \
    doctor --json >/dev/null
grep -q 'clone(.*flags=0' "$work/log" || fail 'no child was made: this test sees nothing'
self=$(sed -n '1s/ .*//p' "$work/log")
if grep -q "^$self *--- SIG" "$work/log"; then fail "signals: $(grep -- '--- SIG' "$work/log")"; fi

# Held at its exit, by then it must look like a command that asked nothing. state ARGUMENT...
state() {
    rm -f "$work/log"
    strace -D -qq -o "$work/log" -e trace=exit_group -e inject=exit_group:delay_enter=1500000 \
        "$hardpan" "$@" >"$work/out" 2>"$work/err" </dev/null &
    pid=$! tries=0
    until grep -q exit_group "$work/log" 2>/dev/null || [ "$tries" = 200 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    for fd in "/proc/$pid/fd"/*; do echo "fd ${fd##*/}"; done
    # An anonymous mapping that is shared has a name as well: /dev/zero, or its System V key.
    awk '$6 ~ /^[^[]/ { $1 = $3 = ""; print "mapping", $0 }' "/proc/$pid/maps" | LC_ALL=C sort
    # 32 to 34 are the C library's own, once there was a thread.
    while read -r name mask; do
        case $name in
        SigBlk: | SigIgn: | SigCgt: | SigPnd: | ShdPnd:) echo "$name $((0x$mask & ~0x380000000))" ;;
        esac
    done </proc/$pid/status
    wait $pid
}
state --version >"$work/before"
state doctor >"$work/after"
grep -q SigCgt "$work/after" || skip 'the command was gone before it could be looked at'
cmp "$work/before" "$work/after" || fail "changed: $(diff "$work/before" "$work/after")"
finish
