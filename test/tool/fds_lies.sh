#!/bin/sh
# SPDX-License-Identifier: MIT
# fds_lies.sh HARDPAN WITNESS PAGE HOLDER: kernels that refuse kcmp, and processes that end while they
# are read, played by strace.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
needs jq strace
strace -o /dev/null true 2>"$work/err" || skip "strace cannot trace here: $(head -n 1 "$work/err")"
holder=$4

mkfifo "$work/end"
: >"$work/opened"
"$holder" "$work/socket" <"$work/end" >"$work/opened" 2>&1 &
pid=$!
exec 8>"$work/end"
tries=0
until grep -q '^ready$' "$work/opened" || [ $tries = 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
opened() { sed -n "s/^$1 //p" "$work/opened"; }
lying() {
    lie=$1
    shift
    run strace -qq -o "$work/trace" -e "trace=${lie%%:*}" -e "inject=$lie" "$hardpan" fds "$@"
    grep -q INJECTED "$work/trace" || fail "$lie never struck"
}

# By inode alone the number that stands for another eventfd is believed; a pipe's is not, and who
# holds either end of it is shown.
lying kcmp:error=EPERM --json "$pid"
same 'no kcmp: status' 0 "$status"
same 'no kcmp' 1 "$(jq .outlived "$work/out")"
# shellcheck disable=SC2016 # of jq
keepers='[.descriptors[].watches[] | select(.state == "closed").kept_by[].fd] | sort | join(" ")'
same 'no kcmp: keepers' "$(opened second) $(opened writer) $(opened gone)" "$(jq -r "$keepers" "$work/out")"

# What /proc says when the process is gone.
for lie in getdents64:error=ENOENT:when=1 getdents64:error=ESRCH:when=2; do
    lying $lie "$pid"
    same "$lie: status" 3 "$status"
    same "$lie: output" '' "$(cat "$work/out")"
    says "$lie" "process $pid: ESRCH, there is none, or it has ended\$" "$work/err"
done
# Descriptors that were closed in between are left out, and the others are not.
"$hardpan" fds --json "$pid" >"$work/all"
for lie in readlinkat:error=ENOENT:when=2 openat:error=ENOENT:when=12; do
    lying $lie --json "$pid"
    same "$lie: status" 0 "$status"
    same "$lie: fewer" 1 $(($(jq '.descriptors | length' "$work/all") - $(jq '.descriptors | length' "$work/out")))
done

exec 8>&-
wait "$pid" || fail "the holder failed: $(cat "$work/opened")"
finish
