#!/bin/sh
# SPDX-License-Identifier: MIT
# Schema 1, as hardpan(1) has it: every id, every field, and an exit status that follows from them.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
needs jq

ids='mmap.hint mmap.noreplace mmap.reserve mmap.min_addr mmap.truthful
mem.overcommit mem.limits mem.maps mem.guard mem.query mem.thp
layout.kind layout.base restart.args restart.number restart.eintr
poll.epoll poll.cloexec poll.pwait2 poll.uring fd.atomic fd.sweep fd.inherited
proc.pidfd proc.clone3 sandbox.denied cpu.page cpu.va'

run "$hardpan" doctor --json
jq -e . "$work/out" >/dev/null || fail 'the output is no JSON'
same ids "$(printf '%s' "$ids" | tr '\n' ' ')" "$(jq -r '[.facts[].id] | join(" ")' "$work/out")"

holds() { jq -e "$2" "$work/out" >/dev/null || fail "$1: $2"; }
holds 'the object' 'keys == ["facts","hardpan","kernel","schema"] and .schema == 1'
holds 'the version' '"hardpan \(.hardpan)" == "'"$("$hardpan" --version)"'"'
holds 'the kernel' '.kernel.system == "'"$(uname -s)"'" and .kernel.release == "'"$(uname -r)"'"
    and .kernel.machine == "'"$(uname -m)"'" and (.kernel.door | test("^(raw|libc)$"))'
holds 'the fields' 'all(.facts[]; keys == ["asked","do","found","id","status","why"])'
holds 'their texts' 'all(.facts[]; all(.[]; type == "string" and length > 2) or .status == "ok")'
holds 'the status' 'all(.facts[]; .status | test("^(ok|note|wrong)$"))'

expected=$(jq 'if any(.facts[]; .status == "wrong") then 1
    elif any(.facts[]; .found | startswith("could not look")) then 3 else 0 end' "$work/out")
same 'exit status' "$expected" "$status"

# A choice keeps the order of the table and names nothing twice.
run "$hardpan" doctor --json cpu.page mmap mmap.hint
same 'a choice' 'mmap.hint mmap.noreplace mmap.reserve mmap.min_addr mmap.truthful cpu.page' \
    "$(jq -r '[.facts[].id] | join(" ")' "$work/out")"

# A name that is no UTF-8, and one that would clear a terminal, reach neither JSON nor screen.
odd=$(printf '%s/\377\033[2J' "$work")
: >"$odd"
run sh -c 'exec 7<"$1"; exec "$2" doctor --json fd.inherited' sh "$odd" "$hardpan"
case $(field fd.inherited found) in
*'7 '*'/??[2J'*) ;;
*) fail "an odd name: $(cat "$work/out")" ;;
esac
finish
