# SPDX-License-Identifier: MIT
# Reads a disassembly of freebsd_probe.c (llvm-objdump, AT&T) and runs it on named values: "161"
# for a constant, "in:rdi" for what the caller passed, "answer1" for what the first call returned,
# "junk" for what the kernel destroyed. What reaches each call is then a comparison of names.
#   awk -f registers.awk -v entry=syscall|int80
function fail(text) { print name ": " text; bad = 1 }

# r10d, r8d and the e-names are the same registers as far as constants go.
function full(reg) {
    sub(/^%/, "", reg)
    if (reg ~ /^e/) return "r" substr(reg, 2)
    sub(/d$/, "", reg)
    return reg
}

function wanted(i) { return name == "probe_kept" ? "in:" kept[i] : 144 + 17 * i }

function check_arguments(i) {
    if (r["rax"] != 496) fail("call " calls ": the number register rax holds " r["rax"])
    for (i = 1; i <= 6; i++)
        if (r[argument[i]] != wanted(i))
            fail("call " calls ": argument " i ": " argument[i] " holds " r[argument[i]])
    if (entry == "int80" && r["r10"] == wanted(4)) fail("call " calls ": argument 4 went to r10")
}

function check_carry(at) {
    if (what[at + 1] !~ /^(jae|jnb|jnc)$/) {
        fail("call " calls ": no branch on carry follows")
        return
    }
    if (what[at + 2] != "negq" || with[at + 2] != "%rax") fail("call " calls ": no neg follows")
    if (target(with[at + 1]) != address[at + 3]) fail("call " calls ": the branch goes elsewhere")
}

function enter(at, i) {
    calls++
    check_arguments()
    check_carry(at)
    for (i = 1; i <= lost; i++) r[destroyed[i]] = "junk"
    r["rax"] = "answer" calls
    r["rdx"] = "second" calls
}

function target(operand) { sub(/^0x/, "", operand); sub(/ .*/, "", operand); return operand }

function put(reg, value) {
    r[reg] = value
    if (calls == 1) written[reg]
}

function move(from, to) {
    if (to ~ /^\(/) {
        stored = (from ~ /^%/) ? r[full(from)] : from
        where = r[full(substr(to, 2, length(to) - 2))]
    } else if (from ~ /^\$/) put(full(to), substr(from, 2) + 0)
    else if (from ~ /^%/) put(full(to), r[full(from)])
    else put(full(to), "memory")
}

function sum(a, b) { return a < b ? a "+" b : b "+" a }

function step(at, a, b, cut) {
    cut = index(with[at], ", ")
    a = cut ? substr(with[at], 1, cut - 1) : with[at]
    b = cut ? substr(with[at], cut + 2) : ""
    if (what[at] == "syscall" || what[at] == "int") {
        if ((entry == "syscall") != (what[at] == "syscall")) fail("enters by " what[at])
        if (what[at] == "int" && a != "$128") fail("enters by int " a)
        enter(at)
    }
    else if (what[at] ~ /^(mov|movabs)[lq]$/) move(a, b)
    else if (what[at] == "pushq") stack[++depth] = r[full(a)]
    else if (what[at] == "popq") put(full(a), stack[depth--])
    else if (what[at] ~ /^xor/ && a == b) put(full(a), 0)
    else if (what[at] == "addq") put(full(b), sum(r[full(a)], r[full(b)]))
    else if (what[at] ~ /^(j[a-z]+|negq|cmpq|nop[a-z]*|ret[a-z]*)$/) return
    else fail("the checker does not know " what[at] " " with[at])
}

# A branch backwards is a retry: it is taken once.
function next_of(at, i) {
    if (what[at] ~ /^j/ && !(at in taken)) {
        for (i = 1; i < at; i++)
            if (address[i] == target(with[at])) { taken[at]; return i }
    }
    return at + 1
}

function returned(i) {
    for (i = 1; i <= saved_count; i++)
        if (r[saved[i]] != "in:" saved[i]) fail("returns with " saved[i] " changed")
    if (calls != expected[name]) fail(calls " calls instead of " expected[name])
    if ((name == "probe_twice" || name == "probe_kept") && r["rax"] != "answer1+answer2")
        fail("returns " r["rax"] " and not the sum of both answers")
    if (name == "probe_pair" && stored " " where != "second1 in:rdi") fail("second result lost")
    if (name != "probe_kept" || entry != "int80") return
    for (i in kept)
        if (kept[i] != "rdx" && kept[i] in written) fail(kept[i] " is loaded again for nothing")
}

function run(at, i) {
    for (i = 1; i <= everything; i++) r[all[i]] = "in:" all[i]
    calls = depth = 0
    stored = where = ""
    split("", taken)
    split("", written)
    for (at = 1; at <= count && what[at] !~ /^ret/; at = next_of(at)) step(at)
    if (what[at] !~ /^ret/) fail("does not return")
    returned()
    seen++
}

BEGIN {
    split("rdi rsi rdx rcx r8 r9", kept)
    split(entry == "int80" ? "rdi rsi rdx rcx r8 r9" : "rdi rsi rdx r10 r8 r9", argument)
    lost = entry == "int80" ? 0 : split("rcx r11 r8 r9 r10", destroyed)
    saved_count = split("rbx rbp rsp r12 r13 r14 r15", saved)
    everything = split("rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15", all)
    split("probe_six 1 probe_twice 2 probe_kept 2 probe_pair 1 probe_loop 2", pairs)
    for (i = 1; i in pairs; i += 2) expected[pairs[i]] = pairs[i + 1]
}
/^[0-9a-f]+ <.*>:$/ {
    if (count) run()
    name = $2
    gsub(/[<>:]/, "", name)
    count = 0
    next
}
/^ *[0-9a-f]+:/ {
    sub(/#.*/, "")
    count++
    address[count] = $1
    sub(/:$/, "", address[count])
    what[count] = $2
    with[count] = $0
    sub(/^ *[0-9a-f]+:[ \t]+[a-z0-9]+[ \t]*/, "", with[count])
    sub(/[ \t]+$/, "", with[count])
}
END {
    if (count) run()
    if (seen != 5) { print seen + 0 " functions instead of 5"; bad = 1 }
    exit bad
}
