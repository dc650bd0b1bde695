#!/bin/sh
# SPDX-License-Identifier: MIT
# A model with one rule switched off is found out by this kernel. Each rule of today's kernels in turn;
# a rule that no call can show on this machine is named below, and why.
#
#   rules.sh HARDPAN [RULE...]
set -u
hardpan=$1
shift

# Pages of tmpfs are huge only where a mount says so: a /dev/shm of this script's own.
if [ "${HARDPAN_OWN_MOUNTS-}" = "" ]; then
    unshare -m true 2>/dev/null || { echo 'SKIP: no mounts of its own (unshare -m)' && exit 77; }
    HARDPAN_OWN_MOUNTS=1 exec unshare -m sh "$0" "$hardpan" "$@"
fi
mount -t tmpfs -o huge=always none /dev/shm 2>/dev/null ||
    { echo 'SKIP: no tmpfs with huge=always' && exit 77; }

case $(uname -m) in
x86_64) ;;
*) echo 'SKIP: the list of rules is for x86-64' && exit 77 ;;
esac

# What cannot be shown here; test/layout/where.c and the tests of older kernels show it.
elsewhere() {
    case $1 in
    high-hint | hint-across) grep -qw la57 /proc/cpuinfo && return 1 || return 0 ;; # 57-bit addresses
    hint-low) return 0 ;;               # arm64
    shadow-gap) return 0 ;;             # no shadow stacks are mapped by verify
    compat | truncated) return 0 ;;     # int $0x80
    low-passed) return 0 ;;             # kernel 6.1
    guard-gap | tree-blind) return 0 ;; # kernels 3.9 to 6.0
    cache-* | shield-*) return 0 ;;     # kernels up to 3.8
    *) return 1 ;;
    esac
}

failed=0 shown=0
asked=$#
# shellcheck disable=SC2046 # a word for each rule
[ "$asked" != 0 ] || set -- $("$hardpan" verify --rules | cut -d ' ' -f 1)
for rule; do
    elsewhere "$rule" && continue
    said=$("$hardpan" verify --calls 400000 --seed 1 --without "$rule" 2>&1)
    status=$?
    if [ "$status" = 1 ] && echo "$said" | grep -q '^mismatch at call '; then
        shown=$((shown + 1))
    else
        echo "without $rule nothing was found out (status $status):"
        echo "$said"
        failed=1
    fi
done
echo "$shown rules were missed when they were away"
# And with all of them there nothing is.
[ "$asked" != 0 ] || "$hardpan" verify --calls 17000 --seed 1 || failed=1
exit $failed
