#!/bin/sh
# SPDX-License-Identifier: MIT
# The table and the cards: 100 columns, the word beside the colour, colour only where it is wanted.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
escape=$(printf '\033')

run "$hardpan" doctor
[ "$status" -le 1 ] || fail "status $status"
same 'columns of the table' '' "$(awk 'length > 100' "$work/out")"
same 'facts in the table' 28 "$(grep -cE '^  (ok   |note |wrong)  [a-z]+\.[a-z0-9_]+ ' "$work/out")"
says 'the summary' '^28 facts: [0-9]+ ok, [0-9]+ note, [0-9]+ wrong' "$work/out"
same 'the sum' 28 "$(sed -n 's/^28 facts: \([0-9]*\) ok, \([0-9]*\) note, \([0-9]*\) wrong.*/\1 + \2 + \3/p' "$work/out" |
    xargs expr)"

run "$hardpan" doctor --explain mmap.hint --explain fd.atomic
same 'columns of a card' '' "$(awk 'length > 100' "$work/out")"
same 'the lines of two cards' 'asked found why do asked found why do' \
    "$(grep -oE '^  (asked|found|why|do) ' "$work/out" | xargs)"
says 'a card' '^mmap\.hint  (ok|note|wrong)$' "$work/out"

# coloured YES|NO WHAT COMMAND...
coloured() {
    expected=$1 what=$2
    shift 2
    run "$@"
    seen=no
    if grep -q "$escape" "$work/out"; then seen=yes; fi
    same "colour: $what" "$expected" "$seen"
    says "$what" '(ok|note|wrong)' "$work/out"
}
page='doctor cpu.page'
# shellcheck disable=SC2086
{
    coloured no 'into a file' "$hardpan" $page
    coloured yes 'the flag' "$hardpan" $page --color=always
    coloured yes 'the flag before NO_COLOR' env NO_COLOR=1 "$hardpan" $page --color=always
    coloured no 'the flag before CLICOLOR_FORCE' env CLICOLOR_FORCE=1 "$hardpan" $page --color=never
    coloured yes CLICOLOR_FORCE env CLICOLOR_FORCE=1 "$hardpan" $page
    coloured no 'CLICOLOR_FORCE=0' env CLICOLOR_FORCE=0 "$hardpan" $page
    coloured no 'NO_COLOR before CLICOLOR_FORCE' env NO_COLOR=1 CLICOLOR_FORCE=1 "$hardpan" $page
    coloured yes 'an empty NO_COLOR' env NO_COLOR= CLICOLOR_FORCE=1 "$hardpan" $page
}
# script(1) of util-linux gives the command a terminal.
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    coloured yes 'a terminal' env TERM=xterm script -qec "$hardpan $page" /dev/null
    coloured no 'a dumb terminal' env TERM=dumb script -qec "$hardpan $page" /dev/null
    coloured no 'a terminal, NO_COLOR' env TERM=xterm NO_COLOR=1 script -qec "$hardpan $page" /dev/null
fi
run "$hardpan" doctor --color=always
sed "s/$escape\\[[0-9;]*m//g" "$work/out" >"$work/plain"
same 'columns of the coloured table' '' "$(awk 'length > 100' "$work/plain")"
finish
