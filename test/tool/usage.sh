#!/bin/sh
# SPDX-License-Identifier: MIT
# What was typed wrong is answered with status 2, a sentence on standard error, and nothing else.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"

# refuses PATTERN ARGUMENT...
refuses() {
    pattern=$1
    shift
    run "$hardpan" "$@"
    same "$*: status" 2 "$status"
    same "$*: output" '' "$(cat "$work/out")"
    says "$*" "$pattern" "$work/err"
}
refuses '^usage: hardpan '
refuses "no command 'docter'; did you mean doctor\\?" docter
refuses "no command 'xyzzyxyzzy'; .hardpan --help" xyzzyxyzzy
refuses "no fact 'mmap.hnit'; did you mean mmap.hint\\?" doctor mmap.hnit
refuses "no fact 'poll.epol'; did you mean poll.epoll\\?" doctor --json cpu.page poll.epol
refuses "no fact 'mmap.hnit'; did you mean" doctor --explain mmap.hnit
refuses "no fact ''" doctor ''
refuses "no fact '$(printf '%0500d' 7)'" doctor "$(printf '%0500d' 7)"
refuses "hardpan: --version stands alone, and does not take 'nonsense'" --version nonsense
refuses '^hardpan doctor: option .* requires an argument' doctor --explain
refuses '^hardpan doctor: unrecognized option' doctor --jsn
refuses '^hardpan doctor: .* option' doctor -x
refuses "auto, always or never, not 'pink'" doctor --color=pink
# shellcheck disable=SC2046
refuses 'too many' doctor $(seq 100)

for arguments in --help 'doctor --help'; do
    # shellcheck disable=SC2086
    run "$hardpan" $arguments
    same "$arguments: status" 0 "$status"
    says "$arguments" '^usage: hardpan ' "$work/out"
    same "$arguments: talk" '' "$(cat "$work/err")"
done
# A family is explained as its facts are, one by one.
run "$hardpan" doctor --explain cpu.page --explain cpu.va
mv "$work/out" "$work/each"
run "$hardpan" doctor --explain cpu
cmp "$work/each" "$work/out" || fail "--explain cpu is not the cards of cpu.page and cpu.va"
says '--explain of a family' 'cpu\.page' "$work/out"
says '--explain of a family' 'cpu\.va' "$work/out"

run "$hardpan" --version
says --version '^hardpan [0-9]+\.[0-9]+\.[0-9]+$' "$work/out"
finish
