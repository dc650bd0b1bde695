#!/bin/sh
# SPDX-License-Identifier: MIT
# hardpan where and hardpan verify as they are typed: answers, refusals, exit statuses.
set -u
hardpan=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect STATUS PATTERN ARGUMENT...: what is said, on either output, matches.
expect() {
    wanted=$1 pattern=$2
    shift 2
    "$hardpan" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    if [ "$status" != "$wanted" ] || ! cat "$work/out" "$work/err" | grep -Eq -e "$pattern"; then
        echo "hardpan $*: status $status instead of $wanted, or no '$pattern':"
        cat "$work/out" "$work/err"
        failed=1
    fi
}

expect 0 '^0x[0-9a-f]+ \.\.\. 0x[0-9a-f]+$' where --len 2M
expect 0 'search-(down|up) +' where self --len 4K
expect 0 '^EINVAL: ' where --len 0
expect 0 '^0x[0-9a-f]+ \.\.\. ' where $$ --len 64K --facts
expect 0 '^direction ' where --len 64K --facts
expect 0 'hint-taken' where --len 4K --hint 0x10000000
expect 2 '--len 2M' where
expect 2 "bytes .*not '2X'" where --len 2X
expect 2 "not '-1'" where --len -1
expect 2 "not '99999999999G'" where --len 99999999999G
expect 2 'a flag that is not known' where --len 1 --flags fixed,nonsense
expect 2 "letters of rwx, not 'q'" where --len 1 --prot q
expect 2 'a process is a number' where nonsense --len 1
expect 2 'one process at a time' where 1 2 --len 1
expect 2 'either a process or --from' where 1 --from x --len 1
expect 2 'kernel goes with --from' where --kernel 6.1 --len 1
expect 3 'there is none, or it ended' where 4194305 --len 1
expect 3 'there is none' where --from "$work/none" --len 1
expect 3 'that can be mapped' where --len 1 --file "$work"
: >"$work/empty"
expect 3 'is empty' where --from "$work/empty" --len 1
cat /proc/$$/maps >"$work/maps"
expect 0 '^0x[0-9a-f]+ \.\.\. ' where --from "$work/maps" --kernel 6.1 --len 1M --hint 0x10000000
expect 3 "no rules of a kernel '9.9'" where --from "$work/maps" --kernel 9.9 --len 1M
head -c 150 "$work/maps" >"$work/half"
expect 3 'line 2: the text is cut off' where --from "$work/half" --len 1M
sort -r "$work/maps" >"$work/shuffled"
expect 3 'overlap or are out of order' where --from "$work/shuffled" --len 1M

"$hardpan" where --len 2M --json >"$work/json" || failed=1
jq -e '.schema == 1 and .verdict == "exact" and (.address | startswith("0x")) and .length == 2097152
    and (.steps | length > 0) and .facts.page.known == "read"' "$work/json" >/dev/null || {
    echo 'where --json:' && cat "$work/json" && failed=1
}

# What decides where things go is told by mappings, not believed of the newest kernel; of features that
# rest on another where that one is there.
told() {
    jq -e --arg on "$1" --arg name "$2" \
        '.features | .[$name].known == "probed" or (.[$on].value | not)' "$work/json" >/dev/null || {
        echo "$2 was not told by a mapping:" && jq .features "$work/json" && failed=1
    }
}
told noreplace noreplace
if [ "$(uname -m)" = x86_64 ]; then
    for feature in search-min window-check above-4g thp thp-zero; do told "$feature" "$feature"; done
    for feature in thp-no-hint thp-multiples thp-up; do told thp "$feature"; done
fi
expect 0 '^search +in a (maple|red-black) tree  \(probed\)$' where --len 64K --facts
if [ -d /sys/kernel/mm/hugepages ]; then
    expect 0 '^cut-einval +(yes|no)  \(probed\)$' where --len 64K --facts
    expect 0 '^hugetlb-x86 +(yes|no)  \(probed\)$' where --len 64K --facts
fi

expect 2 "no rule 'nonsense'" verify --without nonsense
expect 2 "no mode 'nonsense'; there are: default" verify --mode nonsense
expect 2 "takes a number, not 'many'" verify --calls many
expect 2 "what is 'this'" verify this
expect 0 '^2000 calls in 1 modes, 0 not run; .* 0 mismatches; seed 7$' verify --calls 2000 --mode -R --seed 7
expect 1 '^mismatch at call ' verify --calls 20000 --mode -R --seed 7 --without hint-taken

exit $failed
