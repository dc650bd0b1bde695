#!/bin/sh
# SPDX-License-Identifier: MIT
# fds.sh HARDPAN WITNESS PAGE HOLDER: what a process holds is what it says that it opened, and what its
# poller outlived is found, with who keeps it alive. Wrong words are status 2, no process is 3.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
needs jq
page=$3 holder=$4

mkfifo "$work/end"
: >"$work/opened"
"$holder" "$work/socket" <"$work/end" >"$work/opened" 2>&1 &
pid=$!
exec 8>"$work/end"
tries=0
until grep -q '^ready$' "$work/opened" || [ $tries = 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done

# opened NAME: the number behind it.
opened() { sed -n "s/^$1 //p" "$work/opened"; }
child=$(opened child)

run "$hardpan" fds --json "$pid"
same 'status' 0 "$status"
jq -e . "$work/out" >/dev/null || fail 'the output is no JSON'

# of NAME FIELD: of the descriptor that the holder calls so.
of() { jq -r --argjson fd "$(opened "$1")" ".descriptors[] | select(.fd == \$fd) | $2" "$work/out"; }
# is NAME KIND ACCESS HANDED_ON DETAIL
is() {
    same "$1: kind" "$2" "$(of "$1" .kind)"
    same "$1: access" "$3" "$(of "$1" .access)"
    same "$1: handed on" "$4" "$(of "$1" .handed_on)"
    of "$1" .detail >"$work/detail"
    says "$1: detail" "^$5\$" "$work/detail"
}
is file file r true ''
is append device w false ''
is directory directory r false ''
is path path - false ''
is eventfd eventfd rw false 'count 0x2a'
is timerfd timerfd rw false 'boottime, due in [0-9]+\.[0-9]{9} s, every 5\.000000000 s'
is signalfd signalfd rw true 'signals 1, 10'
is inotify inotify r false 'watches 1'
is memfd memfd rw false ''
is pidfd pidfd rw false "process $pid"
[ -z "$(opened ring)" ] || is ring io_uring rw false '8 entries'
is tcp socket rw false "tcp 127\\.0\\.0\\.1:$(opened port), listens"
is client socket rw false "tcp 127\\.0\\.0\\.1:[0-9]+ to 127\\.0\\.0\\.1:$(opened port)"
is unix socket rw false "unix stream $work/socket, listens"
is unbound socket rw true 'TCP'
is epoll epoll rw false 'watches 4'
is writer pipe w false ''
is fifo fifo rw false ''
same 'nobody else has the fifo' '[]' "$(of fifo '.other_ends | tojson')"
same 'a name' '/memfd:a memory (deleted)' "$(of memfd .name)"
same 'nonblock' 'true false' "$(of append .nonblock) $(of file .nonblock)"
same 'flags' $((0x400)) $(($(of append .flags) & 0x400))
same 'the other end of the pipe' "$child $(opened gone) r" \
    "$(of writer '.other_ends[] | "\(.pid) \(.fd) \(.access)"')"
same 'ascending' true "$(jq '[.descriptors[].fd] | . == sort' "$work/out")"

# watch DATA FIELD
watch() { of epoll ".watches[] | select(.data == \"$1\") | $2"; }
here() { printf '%d %d' "$pid" "$(opened "$1")"; }
# shellcheck disable=SC2016 # of jq
keepers='[.kept_by[] | "\(.pid) \(.fd)"] | join(", ")'
same 'a registration' "$(opened alive) 0x80000019 same" "$(watch 0xa11fe '"\(.fd) \(.events) \(.state)"')"
same 'its keepers' '' "$(watch 0xa11fe "$keepers")"
same 'what stands for another' other "$(watch 0x5a44 .state)"
same 'a copy keeps it' "$(here copy)" "$(watch 0x5a44 "$keepers")"
same 'the second under one number' "$(opened swapped) same" "$(watch 0x5a45 '"\(.fd) \(.state)"')"
same 'what is closed' closed "$(watch 0xffffffffffffffff .state)"
same 'a child keeps it' "$child $(opened gone)" "$(watch 0xffffffffffffffff "$keepers")"
same 'outlived' 2 "$(jq .outlived "$work/out")"
same 'handed on' "$(jq '[.descriptors[] | select(.handed_on)] | length' "$work/out")" \
    "$(jq .handed_on "$work/out")"

# The table says the same.
run "$hardpan" fds "$pid"
same 'table: status' 0 "$status"
says 'the closed one' "^ +$(opened gone)  in rdhup .* closed; what was watched is open as $(opened gone) in $child " \
    "$work/out"
says 'the other one' "another by now; what was watched is open as $(opened copy) here" "$work/out"
says 'the pipe' "^ +$(opened writer)  closed     w   pipe +read by $(opened gone) in $child " "$work/out"
says 'what leaks' "beyond 0, 1 and 2:.* $(opened file) file, .*$(opened signalfd) signalfd" "$work/out"
says 'the sum' '^2 registrations outlived ' "$work/out"
same 'columns of escapes' 0 "$(grep -c "$(printf '\033')" "$work/out")"

# Every field is in the page.
for name in $("$hardpan" fds --json "$pid" | jq -r '[.. | objects | keys[]] | unique[]'); do
    grep -q "^\\.It Va $name\$" "$page" || fail "the field $name is not in the page"
done

# With its end it is a process no more, first unreaped and then not at all.
exec 8>&-
wait "$pid" || fail "the holder failed: $(cat "$work/opened")"
# refuses STATUS PATTERN ARGUMENT...
refuses() {
    expected=$1 pattern=$2
    shift 2
    run "$hardpan" fds "$@"
    same "$*: status" "$expected" "$status"
    same "$*: output" '' "$(cat "$work/out")"
    says "$*" "$pattern" "$work/err"
}
refuses 3 "^hardpan fds: process $pid: ESRCH, there is none, or it has ended\$" "$pid"
: >"$work/zombie"
sh -c 'sh -c exit & echo $!; exec sleep 1000' >"$work/zombie" &
parent=$!
tries=0
until grep -q '^State:.Z' "/proc/$(cat "$work/zombie")/status" 2>/dev/null || [ $tries = 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
refuses 3 'ESRCH, there is none, or it has ended$' "$(cat "$work/zombie")"
kill "$parent"
refuses 3 'ESRCH, there is none' 999999999
refuses 2 'which process\? Its number, or self$'
refuses 2 "one process at a time, and not also '2'$" 1 2
for word in '' -1 12x selfish 00000000000000000000001 /proc/self 1/../2; do
    refuses 2 "is no process number\$|unrecognized|invalid option" "$word"
done
refuses 2 "auto, always or never, not 'pink'" --color=pink self
refuses 2 'unrecognized option' --jsn self

# What came through exec is handed on; what this command opens itself is not its subject.
run sh -c 'exec 7</dev/null; exec "$0" fds self --json' "$hardpan"
same 'self' 'true true' "$(jq -r '"\(any(.descriptors[]; .fd == 7)) \(all(.descriptors[]; .handed_on))"' "$work/out")"

# A name that would clear a terminal.
odd=$(printf '%s/\377\033[2J' "$work")
: >"$odd"
run sh -c 'exec 7<"$1"; exec "$2" fds self' sh "$odd" "$hardpan"
says 'an odd name' '/\?\?\[2J$' "$work/out"

# A stranger's table is not everybody's to see.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work"
    cp "$hardpan" "$work/hardpan"
    run setpriv --reuid=65534 --regid=65534 --clear-groups "$work/hardpan" fds $$
    same 'a stranger: status' 3 "$status"
    says 'a stranger' "process $$: E[A-Z]+, its descriptors are not this user's to see\$" "$work/err"
fi

# An answer that did not arrive is no answer.
status=0
"$hardpan" fds self >/dev/full 2>"$work/err" || status=$?
same 'full' 3 "$status"
finish
