#!/bin/sh
# SPDX-License-Identifier: MIT
# bsd.sh TREE compile|headers: this room's files compiled for each BSD and macOS, without a header of a
# C library; again with the systems' real headers, where ZIG has them.
set -u
tree=$1 subject=$2
here=$(dirname "$0")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
warnings='-Wall -Wextra -Wconversion -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror'

skip() {
    echo "SKIP: $1"
    exit 77
}

# All of the room but what is Linux's own, and what the system's C library is asked for.
sources() {
    for source in "$tree"/src/spawn/*.c; do
        case ${source##*/} in
        bay.c | channel.c | launch.c | launcher.c | serve.c | start.c | wait.c | watch.c) ;;
        close.c | take_back.c) ;;
        start_bsd.c | close_bsd.c | execute.c) [ "$1" = darwin ] || echo "$source" ;;
        *_darwin.c) [ "$1" != darwin ] || echo "$source" ;;
        *) echo "$source" ;;
        esac
    done
    echo "$tree/src/sys/door/libc/bsd/child.c"
    [ "$1" = darwin ] || echo "$tree/src/sys/door/libc/bsd/vfork.c"
    ls "$tree/src/sys/door/libc/$1"/*.c 2>/dev/null
}

# build SYSTEM COMPILER OPTION...: an object of each source.
build() {
    system=$1
    shift
    rm -f "$work"/*.o
    for source in $(sources "$system"); do
        object=$work/$(echo "${source#"$tree"/src/}" | tr / -).o
        # shellcheck disable=SC2086
        "$@" -std=gnu11 -O2 -fno-stack-protector $warnings -I"$tree/include" -I"$tree/src/base" \
            -I"$tree/src/sys" -I"$tree/src/sys/os/$system" -c "$source" -o "$object" ||
            { echo "$system: $source does not compile by $*"; failed=1; }
    done
}

# No two say the same, and what they ask of others is the rooms below, or the C library's by the port.
closed() {
    llvm-nm -A "$work"/*.o | awk -v what="$1" '
        { name = $NF; sub(/^_/, "", name); kind = $(NF - 1) }
        kind ~ /[TDBRS]/ { if (name in have) { print name " is there twice"; bad = 1 } have[name] = 1 }
        kind == "U" { ask[name] = $1 }
        END {
            for (name in ask) {
                if (name in have || name ~ /^hp_(sys|stack|text|lock|error|fork_lock)/) continue
                if (name ~ /^(mem(cpy|set|move|cmp)|_*bzero)$/ || ask[name] ~ /sys-door-libc-/) continue
                print what ": " ask[name] " asks for " name
                bad = 1
            }
            if (!("hp_spawn" in have && "hp_communicate" in have)) bad = 1
            exit bad
        }' || { echo "$1: not closed"; failed=1; }
}

compile() {
    command -v clang >/dev/null || skip 'no clang'
    for target in freebsd:x86_64-unknown-freebsd13 freebsd:aarch64-unknown-freebsd13 \
        netbsd:x86_64-unknown-netbsd10 openbsd:x86_64-unknown-openbsd7 darwin:x86_64-apple-macos12 \
        darwin:arm64-apple-macos12; do
        build "${target%%:*}" clang "--target=${target#*:}" -nostdlibinc -ffreestanding -I"$here/bare" -I"$here/played"
        closed "${target%%:*}"
    done
}

headers() {
    [ -n "${ZIG:-}" ] || skip 'ZIG does not say how zig is called'
    export ZIG_GLOBAL_CACHE_DIR="$work/cache" ZIG_LOCAL_CACHE_DIR="$work/cache"
    for target in freebsd:x86_64-freebsd netbsd:x86_64-netbsd openbsd:x86_64-openbsd \
        darwin:x86_64-macos darwin:aarch64-macos; do
        # shellcheck disable=SC2086
        build "${target%%:*}" $ZIG cc -target "${target#*:}"
        # shellcheck disable=SC2086
        $ZIG cc -target "${target#*:}" -I"$tree/src/base" -I"$tree/include" -I"$tree/src/sys" \
            -I"$tree/src/sys/os/${target%%:*}" -c "$here/child_real.c" -o "$work/real.o" ||
            { echo "$target: child.h is not what its headers say"; failed=1; }
        closed "${target%%:*}"
    done
}

case $subject in
compile) compile ;;
headers) headers ;;
*) echo "usage: bsd.sh TREE compile|headers" && exit 2 ;;
esac
exit $failed
