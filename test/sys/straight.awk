# SPDX-License-Identifier: MIT
# Reads a disassembly of linux_probe.c and walks each wrapper straight through, the way of a call
# that meets no signal and no error: branches are not taken. Counts instructions; a wrapper may cost
# no more than its row below, holds one entry into the kernel, calls nothing and branches once at
# most. Then the retry loop: the number is written again.
#   awk -f straight.awk -v arch=x86_64|aarch64|riscv64|i386 [-v loop_only=1]
function fail(text) { print arch ", " name ": " text; bad = 1 }

function is_entry(i) { return what[i] == entry && (arch != "i386" || with[i] ~ /^\$(0x80|128)/) }
function is_return(i) { return what[i] ~ /^ret/ }
function is_call(i) { return what[i] ~ /^(call|calll|callq|bl|blr|jal|jalr)$/ }
function is_branch(i) {
    if (is_call(i) || what[i] == "bti") return 0
    return what[i] ~ /^(j[a-z]+|b\.[a-z]+|b[a-z]+|cbz|cbnz|tbz|tbnz)$/
}

function walk(i, n, branches, entries) {
    for (i = 1; i <= count; i++) {
        n++
        if (is_entry(i)) entries++
        if (is_call(i)) fail("calls " with[i])
        if (is_branch(i)) branches++
        if (is_return(i)) break
    }
    if (!is_return(i)) fail("no return on the straight way")
    if (entries != 1) fail(entries + 0 " entries into the kernel")
    if (branches > (arch == "i386" && name == "hp_sys_mmap" ? 3 : 1)) fail(branches " branches")
    if (n > most[name]) fail(n " instructions, and " most[name] " are allowed")
    line = line sprintf(" %s %d", substr(name, 8), n)
    seen++
}

# Between the branch's target and the branch lies the entry, and before it the number is loaded.
function loop(i, from, back, loaded) {
    for (i = 1; i <= count; i++) if (is_branch(i)) back = i
    for (i = 1; i <= count; i++) if (address[i] == target(with[back])) from = i
    if (!back || !from) { fail("no loop found"); return }
    for (i = from; i < back && !is_entry(i); i++)
        if (with[i] ~ number && what[i] !~ /^cmp/) loaded = 1
    if (!is_entry(i)) fail("no entry in the loop")
    if (!loaded) fail("the number register is not written again before the next entry")
    seen++
}

function target(operands, words, n) {
    sub(/ *<.*/, "", operands)
    n = split(operands, words, /[ ,]+/)
    sub(/^0x/, "", words[n])
    return words[n]
}

function finish() {
    if (name in most && !loop_only) walk()
    if (name == "probe_loop") loop()
}

function budget(read, getpid, munmap, mprotect, mmap) {
    most["hp_sys_read"] = read
    most["hp_sys_getpid"] = getpid
    most["hp_sys_munmap"] = munmap
    most["hp_sys_mprotect"] = mprotect
    most["hp_sys_mmap"] = mmap
}

BEGIN {
    if (arch == "x86_64") { entry = "syscall"; number = ",%[re]ax$"; budget(6, 3, 3, 4, 11) }
    if (arch == "aarch64") { entry = "svc"; number = "^[wx]8,"; budget(9, 3, 3, 4, 11) }
    if (arch == "riscv64") { entry = "ecall"; number = "^a7,"; budget(8, 4, 4, 4, 9) }
    if (arch == "i386") { entry = "int"; number = ",%eax$"; budget(12, 3, 7, 8, 38) }
}
/^[0-9a-f]+ <\.L.*>:$/ { next }
/^[0-9a-f]+ <.*>:$/ {
    finish()
    name = $2
    gsub(/[<>:]/, "", name)
    count = 0
    next
}
/sysenter/ { fail("sysenter, which only the vDSO may use") }
/^ *[0-9a-f]+:/ {
    sub(/#.*/, "")
    sub(/\/\/.*/, "")
    count++
    address[count] = $1
    sub(/:$/, "", address[count])
    what[count] = $2
    with[count] = $0
    sub(/^ *[0-9a-f]+:[ \t]+[a-z0-9.]+[ \t]*/, "", with[count])
    gsub(/, +/, ",", with[count])
    sub(/[ \t]+$/, "", with[count])
}
END {
    finish()
    if (seen != (loop_only ? 1 : 6)) { print arch ": " seen + 0 " functions were found"; bad = 1 }
    if (!loop_only) print arch " instructions:" line
    exit bad
}
