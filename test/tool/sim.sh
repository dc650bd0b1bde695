#!/bin/sh
# SPDX-License-Identifier: MIT
# hardpan sim: scripts on old kernels with the addresses that the source gives, what is typed wrong,
# and where two kernels part.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
needs jq

# plays KERNEL ARCH [OPTION...] <script: into $work/out, $work/err, $status
plays() {
    kernel=$1
    arch=$2
    shift 2
    cat >"$work/script"
    run "$hardpan" sim --kernel "$kernel" --arch "$arch" "$@" "$work/script"
}

# answers LINE: what the call of that line is answered with
answers() { sed -n "s/^[ !]*$1  .* = *\\([^ ]*\\).*/\\1/p" "$work/out"; }

# The seed's own kernel: what is executable goes low, what is not below the stack's gap; a large one
# would pass the heap and goes there too; then the heap grows, and there is room.
plays 2.6.32-execshield i386 <<'SCRIPT'
exec randomised=0
lib: mmap 1M r-x file=libc.so
data: mmap 64K
mmap 200M r-x
mmap 4K r-x hint=lib
munmap data 64K
mmap 4K
brk 0x9000000
brk +4K
mmap 15M r-x
SCRIPT
same 'exec-shield: status' 0 "$status"
for pair in 2=0x110000 3=0xb7ff0000 4=0xab7f0000 5=0x210000 6=0 7=0xb7fff000 8=0x9000000 \
    9=0x9001000 10=0x211000; do
    same "exec-shield: line ${pair%=*}" "${pair#*=}" "$(answers "${pair%=*}")"
done
says 'exec-shield: head' 'top-down from 0xb8000000, exec-shield from 0x110000' "$work/out"

# exec_shield & 2 keeps the layout that an unlimited stack would change.
printf 'exec randomised=0 stack_limit=unlimited exec_shield=%s\nmmap 4K\n' 1 | plays 2.6.32-execshield i386
same 'legacy by an unlimited stack' 0x40000000 "$(answers 2)"
printf 'exec randomised=0 stack_limit=unlimited exec_shield=%s\nmmap 4K\n' 3 | plays 2.6.32-execshield i386
same 'exec_shield & 2' 0x1ffff000 "$(answers 2)"

# The cache: bottom-up the search goes on behind what was freed at TASK_UNMAPPED_BASE.
plays 2.6.24 i386 <<'SCRIPT'
exec randomised=0 stack_limit=unlimited
one: mmap 1M
munmap one 1M
mmap 4K
maps
SCRIPT
same 'the cache stays' 0x40100000 "$(answers 4)"
says maps '000040100000-000040101000 rw-p' "$work/out"
says image '000008048000-000008049000 r-xp' "$work/out"

# What is drawn: the same seed gives the same, another one another, and the script has the last word.
printf 'exec\nmmap 4K r-x\nmmap 4K r-x random=0x1234567\n' >"$work/script"
for seed in 7 7 8; do
    run "$hardpan" sim --kernel 2.6.32-execshield --arch i386 --seed $seed "$work/script"
    cp "$work/out" "$work/drawn.$((i = ${i:-0} + 1))"
done
cmp -s "$work/drawn.1" "$work/drawn.2" || fail 'the same seed, and another answer'
cmp -s "$work/drawn.1" "$work/drawn.3" && fail 'another seed, and the same answer'
# ... 0x1234567 % (16 MiB - 4096 - base) + base, rounded up to a page
plays 2.6.32-execshield i386 <<'SCRIPT'
exec draw=0 shlib_base=0x110000
mmap 4K r-x random=0x1234567
SCRIPT
same 'drawn by the script' 0x456000 "$(answers 2)"

# mremap, mprotect, fixed, the errors
plays 3.4 x86_64 <<'SCRIPT'
exec randomised=0
map 0x400000 0x401000 r-x file=prog
map 0x7ffffffde000 0x7ffffffff000 rw- growsdown
one: mmap 8K
two: mmap 4K r-x
mremap one 8K 16K
mremap two 4K 8K
moved: mremap two 4K 8K maymove
mremap moved 8K 4K maymove to=0x10000000
mprotect one 4K r
mprotect one+16K 4K r
munmap one+1 4K
mmap 0
mmap 4K fixed hint=one
mmap 200T
brk -1
brk 0
maps
SCRIPT
same 'calls: status' 0 "$status"
for pair in 4=0x7ffff7ffd000 5=0x7ffff7ffc000 6=0x7ffff7ffd000 7=ENOMEM 8=0x7ffff7ffa000 9=0x10000000 10=0 \
    11=ENOMEM 12=EINVAL 13=EINVAL 14=0x7ffff7ffd000 15=ENOMEM 16=0x401000 17=0x401000; do
    same "calls: line ${pair%=*}" "${pair#*=}" "$(answers "${pair%=*}")"
done

# Two kernels part, and which calls do is said, as status 1 too.
plays 2.6.32-execshield i386 --diff 2.6.32 <<'SCRIPT'
exec randomised=0
mmap 4K
mmap 4K r-x
SCRIPT
same 'diff: status' 1 "$status"
says diff '^!   3 .*= 0x110000 +0xb7ffe000$' "$work/out"
says diff '^    2 ' "$work/out"
says diff '^1 of the calls' "$work/out"
plays 2.6.32 i386 --diff 3.2 <<'SCRIPT'
exec
mmap 4K
SCRIPT
same 'no difference: status' 0 "$status"

# A tree's shape is not known even from exec on: all candidates, and on with the plain one.
plays 5.10 i386 --json <<'SCRIPT'
exec randomised=0 personality=0x0200000
map 0x40110000 0x40111000 r--
map 0x40180000 0x40200000 rw- growsdown
mmap 1M
mmap 4K
SCRIPT
same 'shape: status' 0 "$status"
same 'shape: on with' 0x55555000 "$(jq -r '.calls[0].address' "$work/out")"
plays 5.10 i386 --json <<'SCRIPT'
exec randomised=0 personality=0x0200000
map 0x55666000 0x55667000 r--
map 0x556d6000 0x55756000 rw- growsdown
mmap 1M
mmap 4K
SCRIPT
same 'shape: candidates' '0x55555000 0x55756000' "$(jq -r '.calls[0].candidates | join(" ")' "$work/out")"
same 'shape: on with' 0x55555000 "$(jq -r '.calls[0].address' "$work/out")"

# JSON has what the text has.
plays 2.6.32-execshield i386 --json <<'SCRIPT'
exec randomised=0
mmap 4K r-x
mmap 0
SCRIPT
same 'json: kernel' 2.6.32-execshield "$(jq -r .kernel "$work/out")"
same 'json: address' 0x110000 "$(jq -r '.calls[0].address' "$work/out")"
same 'json: error' EINVAL "$(jq -r '.calls[1].error' "$work/out")"
same 'json: rule' shield-area "$(jq -r '.calls[0].rules[0].rule' "$work/out")"
same 'json: source' arch_get_unmapped_exec_area "$(jq -r '.calls[0].rules[1].source' "$work/out")"
plays 2.6.32-execshield i386 -v <<'SCRIPT'
exec randomised=0
mmap 4K r-x
SCRIPT
says 'the rules' 'shield-first +0x110000 \+ 4 KiB is free' "$work/out"

# What is wrong is named by line and word; nothing is played.
# refuses PATTERN SCRIPT
refuses() {
    printf '%b' "$2" >"$work/script"
    run "$hardpan" sim --kernel 2.6.32 --arch i386 "$work/script"
    same "$2: status" 2 "$status"
    says "$2" "$1" "$work/err"
    same "$2: output" '' "$(cat "$work/out")"
}
refuses "script: no statement in it" ''
refuses "script:1: 'mmap': a script begins with exec" 'mmap 4K\n'
refuses "script:2: 'mmpa': no command: exec" 'exec\nmmpa 4K\n'
refuses "script:2: a length is missing" 'exec\nmmap # 4K\n'
refuses "script:2: '4X': not a number" 'exec\nmmap 4X\n'
refuses "script:3: 'fxied': no such word here" 'exec\n\nmmap 4K fxied\n'
refuses "script:2: 'a\\+4K': no address, and no label above" 'exec\nmunmap a+4K 4K\n'
refuses "script:3: 'a\\+z': no number behind the sign" 'exec\na: mmap 4K\nmunmap a+z 4K\n'
refuses "script:2: '7:': no name for a label" 'exec\n7: mmap 4K\n'
refuses "script:2: a label, and nothing behind it" 'exec\na:\n'
refuses "script:2: 'rwz': no protection" 'exec\nmprotect 4096 4K rwz\n'
refuses "script:2: '8K': one word too many" 'exec\nmunmap 4096 4K 8K\n'
refuses "script:1: 'stack': no setting" 'exec stack\n'
refuses "script:1: 'stack=8M': no such setting" 'exec stack=8M\n'
refuses "script:3: 'map': map lines follow exec" 'exec\nmmap 4K\nmap 0 4096 r\n'
refuses "script:2: 'random=1,x': not one number, or two" 'exec\nmmap 4K random=1,x\n'
refuses "script:3: exec: mappings out of order" 'exec\nmap 8192 4096 r\nbrk 0\n'
refuses "'99999999999999999999': no address" 'exec\nmunmap 99999999999999999999 1\n'

printf 'exec\nmmap 4K\n' >"$work/script"
# wrong PATTERN ARGUMENT...
wrong() {
    pattern=$1
    shift
    run "$hardpan" sim "$@"
    same "$*: status" 2 "$status"
    says "$*" "$pattern" "$work/err"
}
wrong 'a kernel and a script, please'
wrong 'a kernel and a script, please' --kernel 6.18
wrong "no such kernel on this architecture: '2.6.33'" --kernel 2.6.33 "$work/script"
wrong "no such architecture: 'sparc'" --kernel 6.18 --arch sparc "$work/script"
wrong "no such kernel on this architecture: '3.4'" --kernel 6.18 --arch aarch64 --diff 3.4 "$work/script"
wrong 'No such file' --kernel 6.18 "$work/nowhere"
wrong "takes a number, not 'x'" --kernel 6.18 --seed x "$work/script"
wrong 'unrecognized option' --kernal 6.18 "$work/script"

run "$hardpan" sim --list
same 'list: status' 0 "$status"
for kernel in 6.18 5.10 4.19 3.4 3.2 2.6.32 2.6.32-execshield 2.6.24; do
    says "list $kernel" "^$kernel +i386" "$work/out"
    says "list $kernel" "^$kernel +x86_64" "$work/out"
done
run "$hardpan" sim --help
says help '^usage: hardpan sim ' "$work/out"
finish
