#!/bin/sh
# SPDX-License-Identifier: MIT
# Every number in src/sys/arch and src/sys/os against somebody else's copy of it: the kernel's
# exported headers, the tables of Go's x/sys, the constants of Rust's libc crate.
#   numbers.sh TREE linux|freebsd|errors
set -u
tree=$1 subject=$2
xsys=${XSYS:-/usr/share/gocode/src/golang.org/x/sys/unix}
crate=''
for folder in /usr/share/cargo/registry/libc-*/src/unix; do [ -d "$folder" ] && crate=$folder; done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

skip() {
    echo "SKIP: $1"
    exit 77
}

# Our rows as "name number": the system's own name, if another, is the comment behind it.
ours_nr() {
    awk '/HP_NR_[a-z0-9_]+ = / {
        name = $1; sub(/^HP_NR_/, "", name); number = $3; sub(/,/, "", number)
        if ($4 == "/*") name = $5
        if (number >= 0) print name, number
    }' "$tree/src/sys/arch/$1/nr.h"
}

ours_error() {
    sed -n 's/^ERROR(\([A-Z0-9_]*\), \([0-9]*\), .*/\1 \2/p' "$tree/src/sys/os/$1/error.def"
}

# What a C preprocessor makes of PREFIXname for each name of ours.
header_nr() {
    # shellcheck disable=SC2086
    { echo "#include <$2>"; sed 's/^\([a-z0-9_]*\) .*/NR \1 __NR_\1/' "$work/ours"; } |
        ${CC:-cc} -E -P -x c $3 -D__ARCH_WANT_SYS_CLONE3 - 2>/dev/null |
        awk '$1 == "NR" && $3 ~ /^[0-9]+$/ { print $2, $3; next }
             $1 == "NR" && $3 == "(244" { print $2, 244 + $5 }' >"$work/$1"
}

go_nr() {
    awk '$1 ~ /^SYS_/ && $2 == "=" { sub(/^SYS_/, "", $1); print tolower($1), $3 }' "$1"
}

# compare WHAT FILE ORACLE: differences fail; what the oracle does not know goes to unknown.ORACLE.
compare() {
    awk -v what="$1" -v unknown="$work/unknown.$3" '
        FILENAME == ARGV[1] { theirs[$1] = $2; next }
        !($1 in theirs) { print $1, $2 > unknown; next }
        theirs[$1] != $2 { print what ": " $1 " is " $2 ", not " theirs[$1]; bad = 1; next }
        { same++ }
        END { printf "%s: %d rows agree\n", what, same; exit bad || same < 40 }
    ' "$work/$2" "$work/ours" || failed=1
}

# Since 5.1 every architecture gives a new call the same number, from 424 on. A call newer than the
# headers of this machine must at least keep to that.
newer_only() {
    awk -v what="$1" '
        FILENAME == ARGV[1] { second[$1]; next }
        ($1 in second) && $2 < 424 { print what ": no oracle knows " $1 " = " $2; bad = 1 }
        END { exit bad }' "$work/unknown.second" "$work/unknown.first" || failed=1
}

linux_arch() {
    folder=$1 header=$2 options=$3 go=$4
    ours_nr "$folder" >"$work/ours"
    : >"$work/unknown.first"
    : >"$work/unknown.second"
    header_nr first "$header" "$options"
    [ -s "$work/first" ] || skip "$folder: no <$header> to compare with (linux-libc-dev)"
    compare "$folder, kernel headers" first first
    if [ -r "$xsys/$go" ]; then
        go_nr "$xsys/$go" >"$work/second"
        compare "$folder, x/sys" second second
    else
        cp "$work/unknown.first" "$work/unknown.second"
    fi
    newer_only "$folder"
    ours_nr "$folder" | awk '$2 >= 424' >>"$work/unified"
}

include_of() {
    for folder in "/usr/$1/include" /usr/include; do
        [ -r "$folder/$2" ] || continue
        echo "-nostdinc -isystem $folder -isystem /usr/include/$(${CC:-cc} -dumpmachine)"
        return
    done
}

linux() {
    : >"$work/unified"
    linux_arch x86_64-linux asm/unistd_64.h "" zsysnum_linux_amd64.go
    table=asm/unistd_32.h
    linux_arch i386-linux $table "$(include_of i686-linux-gnu $table)" zsysnum_linux_386.go
    table=asm-generic/unistd.h
    linux_arch aarch64-linux $table "$(include_of aarch64-linux-gnu $table)" \
        zsysnum_linux_arm64.go
    linux_arch riscv64-linux $table "$(include_of riscv64-linux-gnu $table)" \
        zsysnum_linux_riscv64.go
    awk '($1 in seen) && seen[$1] != $2 { print $1 ": " $2 " and " seen[$1]; bad = 1 }
         { seen[$1] = $2 } END { exit bad }' "$work/unified" || failed=1
}

# FLAG_X = number of our flags.h, with FreeBSD's name of it, in hexadecimal or decimal.
freebsd_flags() {
    ${CC:-cc} -E -P -x c - >"$work/flags" <<FLAGS
#include "$tree/src/sys/os/freebsd/flags.h"
FLAGS
    awk -v RS='[,{}]' '/FLAG_/ { gsub(/[ \n\t]/, ""); split($0, a, "="); print a[1], a[2] }' \
        "$work/flags" >"$work/raw"
    while read -r name; do
        grep "^FLAG_${name#*:} " "$work/raw" | sed "s/^[^ ]*/${name%%:*}/"
    done <<NAMES
O_CLOEXEC:CLOEXEC
SOCK_CLOEXEC:SOCK_CLOEXEC
MSG_CMSG_CLOEXEC:CMSG_CLOEXEC
CLOCK_MONOTONIC:CLOCK_MONOTONIC
TIMER_ABSTIME:TIMER_ABSTIME
FD_CLOEXEC:FD_CLOEXEC
NAMES
}

value() {
    printf '%d' "$1"
}

in_xsys() {
    awk -v name="$1" '$1 == name && $2 == "=" { print $3 }' "$zerrors"
}

in_crate() {
    cat "$crate/mod.rs" "$crate/bsd/freebsdlike/mod.rs" "$crate/bsd/freebsdlike/freebsd/mod.rs" |
        sed -n "s/^ *pub const $1: ::[a-z_]* = \([0-9a-fx]*\);.*/\1/p"
}

freebsd_flag_check() {
    freebsd_flags >"$work/ours"
    [ "$(wc -l <"$work/ours")" -eq 6 ] || { echo "flags.h: a flag is missing"; failed=1; }
    while read -r name number; do
        for theirs in "$(in_xsys "$name")" "$(in_crate "$name")"; do
            [ "$(value "$number")" = "$(value "${theirs:-none}" 2>/dev/null)" ] && continue
            echo "flags.h: $name is $number here and ${theirs:-unknown} there"
            failed=1
        done
    done <"$work/ours"
}

crate_errors() {
    cat "$crate/bsd/freebsdlike/mod.rs" "$crate/bsd/freebsdlike/freebsd/mod.rs" |
        sed -n 's/^pub const \(E[A-Z0-9]*\): ::c_int = \([0-9]*\);.*/\1 \2/p'
}

go_errors() {
    sed -n 's/^\t*\(E[A-Z0-9]*\) *= syscall.Errno(\(.*\)).*/\1 \2/p' "$zerrors" |
        while read -r name number; do echo "$name $(value "$number")"; done
}

freebsd() {
    zerrors=$xsys/zerrors_freebsd_amd64.go
    [ -r "$zerrors" ] || skip "golang-golang-x-sys-dev is not installed"
    [ -n "$crate" ] || skip "librust-libc-dev is not installed"
    ours_nr x86_64-freebsd >"$work/ours"
    : >"$work/unknown.first"
    go_nr "$xsys/zsysnum_freebsd_amd64.go" >"$work/first"
    compare "x86_64-freebsd, x/sys" first first
    # close_range came with 12.2 and 13.0, kqueuex with 14.0, later than the table of x/sys 0.3.0.
    grep -v -e '^close_range 575$' -e '^kqueuex 583$' "$work/unknown.first" && { echo "no oracle knows these"; failed=1; }
    ours_error freebsd >"$work/ours"
    go_errors >"$work/first"
    all_named "freebsd errors, x/sys" first
    crate_errors >"$work/second" && all_named "freebsd errors, libc crate" second
    freebsd_flag_check
}

# Both ways: we have no error that they have not, and each of their numbers has a row here.
all_named() {
    awk -v what="$1" '
        FILENAME == ARGV[1] { number[$1] = $2; next }
        !($1 in number) { if ($2 < 512) { print what ": they have no " $1; bad = 1 } next }
        number[$1] != $2 { print what ": " $1 " is " $2 " here and " number[$1] " there"; bad = 1 }
        { have[$2] = 1; same++ }
        END {
            for (name in number) if (name != "ELAST" && !(number[name] in have)) {
                print what ": no row for " name " = " number[name]; bad = 1
            }
            printf "%s: %d rows agree\n", what, same
            exit bad || same < 70
        }' "$work/$2" "$work/ours" || failed=1
}

errors() {
    ours_error linux >"$work/ours"
    echo '#include <errno.h>' | ${CC:-cc} -E -dM -x c - | awk '
        $1 == "#define" && $2 ~ /^E[A-Z0-9]+$/ { value[$2] = $3 }
        END {
            for (name in value) {
                other = value[name]
                print name, (other in value) ? value[other] : other
            }
        }' >"$work/first"
    all_named "linux errors, <errno.h>" first
}

case $subject in
linux) linux ;;
freebsd) freebsd ;;
errors) errors ;;
*) echo "usage: numbers.sh TREE linux|freebsd|errors" && exit 2 ;;
esac
exit $failed
