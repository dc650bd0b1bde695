#!/bin/sh
# SPDX-License-Identifier: MIT
# `hardpan map` against a text whose sums are known, and against a process whose mappings the kernel
# counts itself. Whatever is shown, the sums are the same.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
needs jq awk

# A text of maps with one mapping for each purpose, by size: 2 pages of heap, 3 of stack, ...
# The kernel ends the line of a mapping without a name with a blank, for which ~ stands.
sed 's/~$//' >"$work/maps" <<'END'
00400000-00401000 r--p 00000000 08:01 11                                 /bin/thing
00401000-00403000 r-xp 00001000 08:01 11                                 /bin/thing
00403000-00404000 ---p 00003000 08:01 11                                 /bin/thing
00800000-00802000 rw-p 00000000 00:00 0                                  [heap]
7f0000000000-7f0000001000 ---p 00000000 00:00 0 ~
7f0000001000-7f0000009000 rw-p 00000000 00:00 0 ~
7f0010000000-7f0050000000 ---p 00000000 00:00 0 ~
7f0060000000-7f0060004000 rw-s 00000000 00:01 12                         /memfd:pool (deleted)
7f0070000000-7f0070005000 r--p 00000000 08:01 13                         /var/data file
7f0080000000-7f0080006000 rw-s 00000000 00:06 14                         /dev/dri/card0
7ffc00000000-7ffc00003000 rw-p 00000000 00:00 0                          [stack]
7ffc00010000-7ffc00012000 r-xp 00000000 00:00 0                          [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
END

run "$hardpan" map --from "$work/maps" --json
same 'status of --json' 0 "$status"
sums() { jq -r --arg id "$1" '.purposes[] | select(.purpose == $id) | "\(.mappings) \(.reserved) \(.committed) \(.resident)"' "$work/out"; }
same heap '1 8192 8192 null' "$(sums heap)"
same stack '1 12288 12288 null' "$(sums stack)"
same code '3 16384 12288 null' "$(sums code)"
same file '1 20480 20480 null' "$(sums file)"
same anonymous '1 32768 32768 null' "$(sums anonymous)"
same shared '1 16384 16384 null' "$(sums shared)"
same reserved '1 1073741824 0 null' "$(sums reserved)"
same guard '1 4096 0 null' "$(sums guard)"
same device '1 24576 24576 null' "$(sums device)"
same kernel '2 12288 12288 null' "$(sums kernel)"
same gaps '0x10000-0x400000 0x404000-0x800000 0x802000-0x7f0000000000' \
    "$(jq -r '[.gaps[:3][] | .low + "-" + .high] | join(" ")' "$work/out")"
same 'no gap to vsyscall' '0x7ffc00003000' "$(jq -r '.gaps[-1].low' "$work/out")"
same 'a name with a blank' '/var/data file' "$(jq -r '.mappings[] | select(.purpose == "file").name' "$work/out")"
same 'the limit of a text' null "$(jq -r .most_mappings "$work/out")"

run "$hardpan" map --from "$work/maps"
says 'the screen' '^ +r +reserved, no access +1 +1 GiB +0 B +-$' "$work/out"
says 'the screen' '^ +all +13 +1\.0 GiB +136 KiB +-$' "$work/out"
says 'the largest gap' '^ +127\.0 TiB +0x000000802000 - 0x7f0000000000 +after \[heap\], before guard$' "$work/out"
says 'the bar' '^c+\.+h+ 127\.0 TiB a+\.+r+ 256 MiB m+\.+f+\.+d 1006\.0 GiB s+\.+k+$' "$work/out"
same 'gaps shown' 5 "$(sed -n '/largest gaps/,/^$/p' "$work/out" | grep -c ' - ')"
awk 'length > 100 && !/before/ { exit 1 }' "$work/out" || fail 'the screen is wider than 100 columns'
grep -q "$(printf '\033')" "$work/out" && fail 'colour without a terminal'
run "$hardpan" map --from "$work/maps" --color=always
says 'colour' "$(printf '\033')\[" "$work/out"

# ---- One address, gaps, reach ----
at() {
    run "$hardpan" map --from "$work/maps" --at "$1"
    says "--at $1" "$2" "$work/out"
}
at 401123 '/bin/thing$'
at 0x401123 '291 B into it, .* before its end; 0x1123 in the file$'
at 404000 '^0x404000 is free, 0 B behind /bin/thing, 4\.0 MiB before \[heap\]$'
at 1000 '^0x1000 is free, 4\.0 MiB before /bin/thing$'
at fffffffffffff000 'is free, .* behind \[vsyscall\]$'

run "$hardpan" map --from "$work/maps" --gaps 100G
same '--gaps 100G' 2 "$(grep -c ' - ' "$work/out")"
run "$hardpan" map --from "$work/maps" --gaps 1024T
says '--gaps 1024T' '^no gap of 1 PiB or more$' "$work/out"

# 0x402000 is in the program: 1 MiB to either side, in whole pages, less the program.
run "$hardpan" map --from "$work/maps" --near 402000 --within 1M
same 'reach: first' '1016 KiB  0x000000404000 - 0x000000502000  8 KiB above' "$(sed -n '1s/^ *//p' "$work/out")"
same 'reach: second' '1016 KiB  0x000000302000 - 0x000000400000  8 KiB below' "$(sed -n '2s/^ *//p' "$work/out")"
same 'reach: no more' 2 "$(wc -l <"$work/out")"
run "$hardpan" map --from "$work/maps" --near 402000 --within 1M --gaps 1017K
says 'reach, of a size' '^no gap of 1017\.0 KiB|^no gap of 1017 KiB' "$work/out"
run "$hardpan" map --from "$work/maps" --gaps 2G --near 7f0060000000 --within 4G
says 'reach, of none' 'no gap of 2 GiB or more within 4 GiB|GiB' "$work/out"

run "$hardpan" map --from "$work/maps" --all
same '--all: mappings' 13 "$(grep -c '^0x' "$work/out")"
same '--all: free' 9 "$(grep -c ' free$' "$work/out")"

# ---- What changed ----
sed -e '/memfd/d' -e 's/^00800000-00802000/00800000-00805000/' -e 's/^7f0070000000-7f0070005000 r--p/7f0070000000-7f0070005000 rw-p/' \
    -e '/stack/i 7ff000000000-7ff000010000 rw-p 00000000 00:00 0 ' "$work/maps" >"$work/later"
run "$hardpan" map --from "$work/later" --diff "$work/maps"
same 'status of --diff' 0 "$status"
says 'grown' '^~ 0x000000800000 - 0x000000805000 +20 KiB  heap +\[heap\]  \(\+12 KiB\)$' "$work/out"
says 'gone' '^- 0x7f0060000000 .*shared +/memfd:pool \(deleted\)$' "$work/out"
says 'come' '^\+ 0x7ff000000000 ' "$work/out"
says 'other rights' '^~ 0x7f0070000000 .*\(other rights\)$' "$work/out"
same 'changes' 4 "$(grep -c '^[-+~] 0x' "$work/out")"
says 'sums' '^  heap +=  *\+12 KiB +\+12 KiB +-$' "$work/out"
run "$hardpan" map --from "$work/maps" --diff "$work/maps"
same 'no change' 0 "$(grep -c '^[-+~] 0x' "$work/out")"

# ---- A process ----
sleep 60 &
process=$!
[ -r "/proc/$process/smaps" ] || skip 'smaps cannot be read here'
while [ "$(cat /proc/$process/comm)" != sleep ]; do :; done
run "$hardpan" map "$process" --json
same 'title' "process $process (sleep)" "$(jq -r .title "$work/out")"
same 'mappings' "$(wc -l <"/proc/$process/maps")" "$(jq '.mappings | length' "$work/out")"
same 'limit' "$(cat /proc/sys/vm/max_map_count)" "$(jq .most_mappings "$work/out")"
same 'reserved' "$(awk '/^Size:/ { n += $2 } END { print n * 1024 }' "/proc/$process/smaps")" "$(jq .all.reserved "$work/out")"
same 'resident' "$(awk '/^Rss:/ { n += $2 } END { print n * 1024 }' "/proc/$process/smaps")" "$(jq .all.resident "$work/out")"
same 'sums add up' true "$(jq '([.purposes[].reserved] | add) == .all.reserved and ([.mappings[].size] | add) == .all.reserved' "$work/out")"
cat "/proc/$process/smaps" >"$work/smaps"
run "$hardpan" map "$process" --diff "$work/smaps"
same 'a process that sleeps does not change' 0 "$(grep -c '^[-+~] 0x' "$work/out")"
kill "$process"
run "$hardpan" map
says 'oneself' '^process self \(' "$work/out"
finish
