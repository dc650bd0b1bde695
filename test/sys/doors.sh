#!/bin/sh
# SPDX-License-Identifier: MIT
# The tests of the doors where Debian has no cmocka: on i386 and on musl, through both doors, with
# the few words of it in test/lib/small.
#   doors.sh TREE i386|musl
set -u
tree=$1 subject=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0 ran=0

skip() {
    echo "SKIP: $1"
    exit 77
}

case $subject in
i386)
    compiler=i686-linux-gnu-gcc arch=i386 tests='doors doors_rows doors_cloexec faults layout vdso'
    case $(uname -m) in x86_64 | i?86) ;; *) skip "this machine does not run i386" ;; esac
    ;;
musl)
    # Its sendmsg looks into the message: garbage is not for it. Its headers lack the kernel's.
    compiler=musl-gcc arch=$(uname -m) tests='doors doors_cloexec faults vdso'
    ;;
*) echo "usage: doors.sh TREE i386|musl" && exit 2 ;;
esac
command -v "$compiler" >/dev/null 2>&1 || skip "$compiler is not installed"

rooms="-I$tree/include -I$tree/src/base -I$tree/src/sys -I$tree/src/sys/os/linux
    -I$tree/src/sys/gate/open -I$tree/src/sys/arch/$arch-linux
    -I$tree/test/lib -I$tree/test/lib/small"

build() {
    # shellcheck disable=SC2086
    "$compiler" -std=gnu11 -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
        -I"$tree/src/sys/door/$door" $rooms "$@"
}

for door in raw libc; do
    rm -f "$work"/*.o
    for source in "$tree"/src/base/*.c "$tree"/src/sys/*.c "$tree"/src/sys/os/linux/*.c \
        "$tree"/src/sys/gate/open/*.c "$tree/src/sys/door/$door"/*.c; do
        [ -e "$source" ] || continue
        build -c "$source" -o "$work/$(basename "$source" .c).o" || exit 1
    done
    for name in $tests; do
        ran=$((ran + 1))
        : >"$work/said"
        build -static "$tree/test/sys/$name.c" "$work"/*.o -o "$work/test" &&
            "$work/test" >"$work/said" 2>&1 && continue
        echo "FAILED: $subject, $door, $name"
        grep -v -e RUN -e OK "$work/said"
        failed=1
    done
done
echo "$ran programs"
[ "$ran" -ge 8 ] || failed=1
exit $failed
