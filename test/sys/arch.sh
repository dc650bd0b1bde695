#!/bin/sh
# SPDX-License-Identifier: MIT
# The raw door under every way to build that leaves its instructions other registers: arch.c and the
# library, built and run for this machine, and on x86 for i386 too, statically.
#   arch.sh TREE native|i386
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
native)
    linker=${CC:-cc} clang=clang more=''
    arch=$(uname -m)
    ;;
i386)
    linker=i686-linux-gnu-gcc more='-Os:-mstackrealign'
    clang='clang --target=i686-linux-gnu -nostdlibinc -isystem /usr/i686-linux-gnu/include'
    arch=i386
    case $(uname -m) in x86_64 | i?86) ;; *) skip "this machine does not run i386" ;; esac
    command -v $linker >/dev/null 2>&1 || skip "$linker is not installed"
    ;;
*) echo "usage: arch.sh TREE native|i386" && exit 2 ;;
esac

rooms="-I$tree/include -I$tree/src/base -I$tree/src/sys -I$tree/src/sys/os/linux
    -I$tree/src/sys/door/raw -I$tree/src/sys/gate/shut -I$tree/src/sys/arch/$arch-linux"

# build_and_run COMPILER FLAGS...: all of it by that compiler, and the linker's libc.
build_and_run() {
    compiler=$1
    shift
    rm -f "$work"/*.o
    for source in "$tree"/src/base/*.c "$tree"/src/sys/*.c "$tree"/src/sys/os/linux/*.c; do
        # shellcheck disable=SC2086
        $compiler -std=gnu11 -fno-stack-protector -Wall -Wextra -Werror "$@" $rooms \
            -c "$source" -o "$work/$(basename "$source" .c).o" || return 1
    done
    # shellcheck disable=SC2086
    $compiler -std=gnu11 -Wall -Wextra -Werror -D_FILE_OFFSET_BITS=64 -D_GNU_SOURCE "$@" $rooms \
        -c "$tree/test/sys/arch.c" -o "$work/arch.o" || return 1
    # shellcheck disable=SC2086
    $linker -static "$work"/*.o -o "$work/arch" || return 1
    "$work/arch"
}

try() {
    ran=$((ran + 1))
    said=$(build_and_run "$@" 2>&1) && { echo "$said: $*" && return; }
    echo "FAILED: $*"
    echo "$said"
    failed=1
}

for flags in -O0:-fPIC:-fno-omit-frame-pointer -O1:-fno-omit-frame-pointer -O2:-fPIC $more; do
    # shellcheck disable=SC2046
    try "$linker" $(echo "$flags" | tr : ' ')
    command -v clang >/dev/null 2>&1 || continue
    [ "$flags" = -Os:-mstackrealign ] && continue # arch/i386-linux/syscall.h says why
    # shellcheck disable=SC2046
    try "$clang" $(echo "$flags" | tr : ' ')
done
echo "$ran ways to build"
[ "$ran" -ge 3 ] || failed=1
exit $failed
