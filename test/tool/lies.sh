#!/bin/sh
# SPDX-License-Identifier: MIT
# A kernel made to lie: strace changes answers, and the fact that depends on them turns and says so.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
needs strace jq
strace -o "$work/log" true 2>"$work/err" || skip "strace may not trace here: $(head -n 1 "$work/err")"

"$hardpan" doctor --json >"$work/truth"

# inject INJECTION ID...: run the facts under it.
inject() {
    injection=$1
    shift
    run strace -f -qq -o "$work/log" -e trace="${injection%%:*}" -e inject="$injection" "$hardpan" doctor --json "$@"
}

# A kernel or sandbox that has no such call answers as the lie does.
is_refused() { echo "$1" | grep -qE 'no MADV|no PROCMAP|: (ENOSYS|EPERM)|refused: '; }

# turns INJECTION ID STATUS PATTERN EXIT: and without the injection the fact says something else,
# unless this very kernel is like the lie.
turns() {
    before=$(jq -r --arg id "$2" '.facts[] | select(.id == $id).found' "$work/truth")
    inject "$1" "$2"
    same "$1: $2" "$3" "$(field "$2" status)"
    field "$2" found >"$work/found"
    says "$1: $2" "$4" "$work/found"
    same "$1: $2: exit status" "$5" "$status"
    [ "$before" != "$(cat "$work/found")" ] || is_refused "$before" || fail "$1: $2 does not turn"
}

turns epoll_create1:error=ENOSYS poll.epoll wrong 'epoll_create1: ENOSYS' 1
turns epoll_create1:error=ENOSYS poll.cloexec wrong ENOSYS 1
turns epoll_create1:error=ENOSYS fd.atomic wrong 'refused: epoll_create1 \(ENOSYS\)' 1
turns fcntl:retval=0 poll.cloexec wrong 'without the flag' 1
is_refused "$(jq -r '.facts[] | select(.id == "poll.uring").found' "$work/truth")" ||
    turns fcntl:retval=0 poll.uring wrong 'not close-on-exec' 1
turns fcntl:retval=0 fd.atomic wrong 'not close-on-exec though asked: openat, pipe2' 1
turns epoll_pwait2:error=ENOSYS poll.pwait2 note ENOSYS 0
turns epoll_pwait2:retval=0 poll.pwait2 wrong 'nothing is seen' 1
turns epoll_pwait2:retval=1 poll.pwait2 wrong 'before their time' 1
turns epoll_ctl:retval=0 poll.epoll wrong 'level told 0' 1
turns io_uring_setup:error=EPERM poll.uring note EPERM 0
turns io_uring_setup:error=EPERM fd.atomic note 'refused: io_uring_setup \(EPERM\)' 0
turns memfd_create:error=ENOSYS fd.atomic note 'refused: memfd_create' 0
turns close_range:error=ENOSYS fd.sweep note ENOSYS 0
turns close_range:retval=0 fd.sweep wrong 'marks nothing' 1
turns madvise:retval=0 mmap.truthful wrong 'unknown advice: accepted.*old bytes.*old bytes' 1
turns madvise:error=ENOSYS mmap.truthful wrong 'MADV_DONTNEED: ENOSYS' 1
turns madvise:retval=0 mem.guard wrong 'the page is readable' 1
turns madvise:error=EINVAL mem.guard note 'no MADV_GUARD_INSTALL' 0
turns ioctl:error=ENOTTY mem.query note 'no PROCMAP_QUERY' 0
turns ioctl:retval=0 mem.query wrong 'still found' 1
turns prctl:retval=1 mem.thp "$("$hardpan" doctor --json mem.thp | jq -r '.facts[0].status')" 'off for this process' 0
turns pidfd_open:error=ENOSYS proc.pidfd note 'pidfd_open: ENOSYS' 0
turns waitid:error=EINVAL proc.pidfd note 'waitid does not take it' 0
turns clone3:error=EPERM proc.clone3 note "EPERM, a sandbox's answer" 0
turns clone3:error=ENOSYS proc.clone3 note 'clone3: ENOSYS' 0
turns clone3,openat2,faccessat2:error=EPERM sandbox.denied wrong '3 of [0-9]+: clone3, openat2, faccessat2' 1
turns recvfrom:error=EFAULT restart.args wrong 'recvfrom: EFAULT' 1
turns splice:error=EFAULT restart.args wrong 'splice: EFAULT' 1
turns wait4:error=EFAULT restart.args wrong 'wait4: EFAULT' 1
turns ppoll:error=ENOSYS restart.eintr wrong 'ppoll: ENOSYS' 1
turns clock_nanosleep:retval=0 restart.number wrong 'ended after' 1
# The loader calls these too. after CALL N: of those that the command itself makes, the Nth.
after() {
    strace -f -qq -o "$work/log" -e trace="$1" "$hardpan" --version >/dev/null
    echo $(($(grep -c "$1(" "$work/log") + $2))
}
mmap() { echo "mmap:$1:when=$(after mmap "$2")$3"; } # mmap LIE N [+]: the Nth, or from the Nth on
elsewhere=retval=0x7e0000000000
turns "$(mmap $elsewhere 2 '')" mmap.hint wrong '2 of 3 .* got 0x7e0000000000' 1
turns "$(mmap error=ENOMEM 2 '')" mmap.hint wrong 'refused: ENOMEM' 1
turns "$(mmap $elsewhere 3 +)" mmap.noreplace note 'a mapping: put elsewhere; over half of one: put elsewhere' 0
turns "$(mmap $elsewhere 3 '')" mmap.noreplace wrong 'a mapping: EEXIST; over half of one: put elsewhere' 1
turns "$(mmap error=EEXIST 2 '')" mmap.noreplace wrong 'over free memory: EEXIST' 1
turns "$(mmap error=ENOMEM 1 +)" mmap.reserve wrong 'not even 16 MiB' 1
turns "$(mmap error=ENOMEM 12 +)" mmap.reserve wrong '16 GiB in one piece' 1
turns "$(mmap error=ENOMEM 14 +)" mmap.reserve note '64 GiB in one piece' 0
turns "$(mmap retval=0x20000 1 '')" mmap.min_addr note 'hint gives 0x20000' 0
strace -qq -o "$work/log" -e trace=mmap "$hardpan" doctor mem.overcommit >/dev/null
wide=$(grep -nE ', 35184372088832, PROT_READ\|PROT_WRITE, MAP_PRIVATE\|MAP_ANONYMOUS,' "$work/log" | sed 's/:.*//')
[ -z "$wide" ] || turns "mmap:$elsewhere:when=$wide" mem.overcommit note 'mode 1' 0
turns "$(mmap $elsewhere 2 '')" layout.kind note neither 0
turns "$(mmap error=ENOMEM 1 +)" cpu.va wrong 'no address above' 1
turns "mprotect:error=EINVAL:when=$(after mprotect 1)+" cpu.page wrong 'in steps of 0 B' 1

# What cannot be looked at is neither fine nor wrong.
turns "$(mmap error=ENOMEM 1 '')" mem.guard note 'could not look: ENOMEM' 3
turns pipe2:error=EMFILE mem.guard note 'could not look: EMFILE' 3
turns socket:error=EMFILE fd.atomic note 'could not look: EMFILE' 3
turns tgkill:retval=0 restart.args wrong 'recvfrom never came back' 1
turns tgkill:error=EPERM restart.args note 'could not look: EPERM' 3
turns tgkill:error=EPERM restart.eintr note 'could not look: EPERM' 3
turns kill:error=EPERM restart.number note 'could not look' 3
turns clone,clone3:error=EAGAIN restart.eintr note 'could not look: EAGAIN' 3
finish
