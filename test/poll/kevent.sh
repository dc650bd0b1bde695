#!/bin/sh
# SPDX-License-Identifier: MIT
# kevent.sh TREE numbers|compile|headers: src/sys/os/*/kevent.h against others' copies of those numbers
# (Go's x/sys, Rust's libc crate); the kqueue back end compiled for each system, without a header of a
# C library; both again with the systems' real headers, where ZIG has them.
set -u
tree=$1 subject=$2
here=$(dirname "$0")
xsys=${XSYS:-/usr/share/gocode/src/golang.org/x/sys/unix}
crate=''
for folder in /usr/share/cargo/registry/libc-*/src/unix; do [ -d "$folder" ] && crate=$folder/bsd; done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

skip() {
    echo "SKIP: $1"
    exit 77
}

# Go's constants of a system as "name number", then its structures as offsets of fields and lengths.
go_numbers() {
    awk '$1 ~ /^[A-Z][A-Z0-9_]*$/ && $2 == "=" {
        number = $3
        sub(/^syscall\.Signal\(/, "", number)
        sub(/\)$/, "", number)
        if (number ~ /^-?(0x)?[0-9a-f]+$/) print $1, number
    }' "$xsys/zerrors_$1_amd64.go" | while read -r name number; do echo "$name $((number))"; done
    awk '
        function size(type, n) {
            n = 1
            if (match(type, /^\[[0-9]+\]/)) {
                n = substr(type, 2, RLENGTH - 2)
                type = substr(type, RLENGTH + 1)
            }
            grain = type ~ /^\*|64$/ ? 8 : type ~ /32$/ ? 4 : type ~ /16$/ ? 2 : 1
            if (type == "Timespec") { grain = 8; return 16 * n }
            return grain * n
        }
        /^type (Kevent_t|Stat_t) struct/ { name = $2; at = 0; next }
        name && /^}/ { print name, int((at + 7) / 8) * 8; name = ""; next }
        name {
            length_of = size($2)
            at = int((at + grain - 1) / grain) * grain
            print name "." tolower($1), at
            if (name "." tolower($1) == "Stat_t.mode") print "Stat_t.mode'\''s", length_of
            at += length_of
        }' "$xsys/ztypes_$1_amd64.go"
}

crate_files() {
    case $1 in
    freebsd) echo "freebsdlike/mod.rs freebsdlike/freebsd/mod.rs freebsdlike/freebsd/freebsd12/mod.rs" ;;
    darwin) echo "apple/mod.rs" ;;
    *) echo "netbsdlike/mod.rs netbsdlike/$1/mod.rs" ;;
    esac
}

crate_numbers() {
    for file in mod.rs $(crate_files "$1"); do
        sed -n 's/^ *pub const \([A-Z0-9_]*\): [:a-z0-9_]* = \(-*[0-9a-fx_]*\);.*/\1 \2/p' "$crate/$file"
    done | tr -d _ | while read -r name number; do echo "$name $((number))"; done
}

# compare SYSTEM ORACLE: what differs fails; what the oracle does not know goes to unknown.
compare() {
    awk -v what="$1, $2" -v unknown="$work/unknown.$2" '
        FILENAME == ARGV[1] { key = $1; gsub(/_/, "", key); theirs[key] = $2; next }
        { key = $1; gsub(/_/, "", key) }
        !(key in theirs) { print $1 > unknown; next }
        theirs[key] != $2 { print what ": " $1 " is " $2 " here and " theirs[key] " there"; bad = 1; next }
        { same++ }
        END { printf "%s: %d agree\n", what, same; exit bad || same < 8 }
    ' "$work/$2" "$work/ours" || failed=1
}

# What came after both oracles: the real headers know it (headers).
newer_than_both() {
    case $1 in
    netbsd | openbsd) echo "EVFILT_USER NOTE_TRIGGER" ;;
    esac
}

numbers() {
    [ -r "$xsys/zerrors_netbsd_amd64.go" ] || skip "golang-golang-x-sys-dev is not installed"
    [ -n "$crate" ] || skip "librust-libc-dev is not installed"
    for system in freebsd netbsd openbsd darwin; do
        "${CC:-cc}" -I"$tree/src/sys/os/$system" "$here/kevent_show.c" -o "$work/show" || exit 1
        "$work/show" >"$work/ours"
        : >"$work/unknown.xsys"
        : >"$work/unknown.crate"
        go_numbers "$system" >"$work/xsys"
        crate_numbers "$system" >"$work/crate"
        compare "$system" xsys
        compare "$system" crate
        unknown=$(grep -Fx -f "$work/unknown.xsys" "$work/unknown.crate" | tr '\n' ' ')
        [ "${unknown% }" = "$(newer_than_both "$system")" ] ||
            { echo "$system: no oracle knows: $unknown"; failed=1; }
    done
}

sources() { echo "$tree/src/poll/kqueue.c $tree/src/poll/wake_user.c $tree/src/poll/bsd.c"; }
warnings='-Wall -Wextra -Wconversion -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror'

# build SYSTEM COMPILER OPTION...: an object of each source, and what they ask of others.
build() {
    system=$1
    shift
    for source in $(sources); do
        # shellcheck disable=SC2086
        "$@" -std=gnu11 -O2 -fno-stack-protector $warnings -I"$tree/include" -I"$tree/src/base" \
            -I"$tree/src/sys" -I"$tree/src/sys/os/$system" -c "$source" -o "$work/$(basename "$source").o" ||
            { echo "$system: $source does not compile by $*"; failed=1; return; }
    done
}

compile() {
    command -v clang >/dev/null || skip 'no clang'
    for target in freebsd:x86_64-unknown-freebsd13 freebsd:aarch64-unknown-freebsd13 \
        netbsd:x86_64-unknown-netbsd10 openbsd:x86_64-unknown-openbsd7 darwin:x86_64-apple-macos12 \
        darwin:arm64-apple-macos12; do
        build "${target%%:*}" clang "--target=${target#*:}" -nostdlibinc -ffreestanding -I"$here/bare"
        llvm-nm -u "$work/kqueue.c.o" | awk '{ sub(/^_/, "", $NF) }
            $NF !~ /^(hp_[a-z0-9_]*|mem(cpy|set|move)|.*:|)$/ { print "asks for " $NF; bad = 1 }
            /hp_sys_kevent/ { seen = 1 }
            END { exit bad || !seen }' || { echo "$target: not only of the library"; failed=1; }
    done
}

headers() {
    [ -n "${ZIG:-}" ] || skip 'ZIG does not say how zig is called'
    export ZIG_GLOBAL_CACHE_DIR="$work/cache" ZIG_LOCAL_CACHE_DIR="$work/cache"
    for system in freebsd netbsd openbsd darwin; do
        target=x86_64-$system
        [ $system = darwin ] && target=x86_64-macos
        # shellcheck disable=SC2086
        $ZIG cc -target $target -I"$tree/src/sys/os/$system" -c "$here/kevent_real.c" -o "$work/real.o" ||
            { echo "$system: kevent.h is not what its headers say"; failed=1; }
        # shellcheck disable=SC2086
        build $system $ZIG cc -target $target
    done
}

case $subject in
numbers) numbers ;;
compile) compile ;;
headers) headers ;;
*) echo "usage: kevent.sh TREE numbers|compile|headers" && exit 2 ;;
esac
exit $failed
