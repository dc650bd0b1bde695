#!/bin/sh
# SPDX-License-Identifier: MIT
# What cannot be drawn is not drawn: a text that is cut off, shuffled or hostile, a process that ends
# or is somebody else's. Status 3, one sentence, and nothing on standard output.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"

refuses() { # refuses STATUS PATTERN ARGUMENT...
    wanted=$1 pattern=$2
    shift 2
    run "$hardpan" map "$@"
    same "map $*: status" "$wanted" "$status"
    same "map $*: output" '' "$(cat "$work/out")"
    says "map $*" "$pattern" "$work/err"
}

# ---- Usage ----
refuses 2 "'abc' is no process number" abc
refuses 2 "'-' is no process number" -
refuses 2 "'' is no process number" ''
refuses 2 "one process at a time, and not also '2'" 1 2
refuses 2 "a process or a file, not also '1'" --from /dev/null 1
refuses 2 "'zz' is no address in hexadecimal" --at zz
refuses 2 "'0x' is no address" --at 0x
refuses 2 "'-1' is no address" --at -1
refuses 2 "'11111111111111111' is no address" --at 11111111111111111
refuses 2 "'2Q' is no size" --gaps 2Q
refuses 2 "'99999999T' is no size" --gaps 99999999T
refuses 2 "'-2' is no size" --gaps=-2
refuses 2 '--near ADDRESS needs --within SIZE' --near 1000
refuses 2 '--within SIZE needs --near ADDRESS' --within 2G
refuses 2 '--all and --json are two ways' --all --json
refuses 2 '--at and --near are two ways' --at 1 --near 1 --within 1
refuses 2 "auto, always or never, not 'pink'" --color=pink
refuses 2 'unrecognized option' --al1
refuses 2 'requires an argument' --from

# ---- Texts ----
sed 's/~$//' >"$work/good" <<'END'
00400000-00401000 r--p 00000000 08:01 11                                 /bin/thing
00800000-00802000 rw-p 00000000 00:00 0                                  [heap]
7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ~
END
text() { # text PATTERN: of what is on standard input
    cat >"$work/text"
    refuses 3 "$1" --from "$work/text"
    refuses 3 "$1" --from "$work/text" --all
    refuses 3 "$1" --from "$work/text" --json
    refuses 3 "$1" --from "$work/text" --html "$work/page"
    [ ! -e "$work/page" ] || fail "a page of a bad text: $1"
    run "$hardpan" map --from "$work/good" --diff "$work/text"
    same "--diff: $1" 3 "$status"
}
text 'not one line|is empty|no mapping|empty' </dev/null
head -c 100 "$work/good" | text 'line 2 '
head -c 150 "$work/good" | text 'line 2 '
tail -r "$work/good" 2>/dev/null >"$work/shuffled" || tac "$work/good" >"$work/shuffled"
text 'line 2 ' <"$work/shuffled"
{ cat "$work/good" && echo '7f0000000000-7f0000001000 rw-p 00000000 00:00 0 '; } | text 'line 4 '
{ cat "$work/good" && echo '7f0000000800-7f0000002000 rw-p 00000000 00:00 0 '; } | text 'line 4 '
echo '00402000-00401000 r--p 00000000 08:01 11 /x' | text 'line 1 '
echo '00401000-00401000 r--p 00000000 08:01 11 /x' | text 'line 1 '
echo '11112222333344445-11112222333344446 r--p 00000000 08:01 11 /x' | text 'line 1 '
echo 'hello' | text 'line 1 '
printf '00400000-00401000 r--p 00000000 08:01 11 /x\0y\n' | text 'line 1 '
head -c 65536 /dev/urandom | text 'line [0-9]+ '
refuses 3 'ENOENT' --from "$work/none"
refuses 3 'EISDIR' --from "$work"
if [ -r /proc/self/smaps ]; then
    cat /proc/self/smaps >"$work/smaps"
    head -n 40 "$work/smaps" | text 'line [0-9]+ '
    head -c 3000 "$work/smaps" | text 'line [0-9]+ '
fi

# Control characters in names reach no terminal, a page no tag of theirs.
printf '00400000-00401000 r--p 00000000 08:01 11   /a\033[2Jb\302\233</script><b>\377é\n' >"$work/evil"
for view in '' --all '--at 400000' --json '--gaps 1'; do
    # shellcheck disable=SC2086
    run "$hardpan" map --from "$work/evil" $view
    same "evil names: $view" 0 "$status"
    LC_ALL=C grep -q "$(printf '[\033\233]')" "$work/out" && fail "evil names: $view: a control character"
done
run "$hardpan" map --from "$work/evil" --html -
same 'tags of a name' 0 "$(grep -c '</script><b>' "$work/out")"
says 'a name in a page' 'u003c/script>' "$work/out"

# ---- Processes ----
refuses 3 'process 999999999: there is none' 999999999
refuses 3 'process 99999999999999999999: there is none' 99999999999999999999
kernel_thread=$(sed -n 's/^\([0-9]*\) (kthreadd) .*/\1/p' /proc/[0-9]*/stat 2>/dev/null | head -n 1)
[ -z "$kernel_thread" ] || refuses 3 'has no mappings: a kernel thread' "$kernel_thread"

if command -v setpriv >/dev/null && [ "$(id -u)" = 0 ]; then
    cp "$hardpan" "$work/copy" && chmod 755 "$work" "$work/copy"
    run setpriv --reuid=65534 --clear-groups "$work/copy" map 1
    same "somebody else's: status" 3 "$status"
    says "somebody else's" '^hardpan map: process 1: its mappings may be read by its own user' "$work/err"
fi

# A process that ends, or calls exec, between two reads: what was read before may be half of it. The
# leak sanitizer cannot look while another traces.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    slow='--inject=read:delay_exit=400000:when=6'
    for way in 'sleep 60' 'sleep 0.5; exec sleep 60'; do
        setsid sh -c "$way; :" >/dev/null 2>&1 &
        process=$!
        sleep 0.2
        [ "$way" = 'sleep 60' ] && { sleep 0.3 && kill -9 "$process"; } &
        run env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" strace -o /dev/null -e trace=read "$slow" \
            -P "/proc/$process/smaps" "$hardpan" map "$process"
        kill -9 "-$process" 2>/dev/null
        [ "$status" = 0 ] && grep -q ' of ' "$work/out" && continue # it was quicker than we
        same "it ends while it is read ($way): status" 3 "$status"
        same "it ends while it is read ($way): output" '' "$(cat "$work/out")"
        says "it ends while it is read ($way)" 'ended|there is none' "$work/err"
    done
fi
finish
