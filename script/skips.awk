# SPDX-License-Identifier: MIT
# awk -f skips.awk -v preset=P -v summary=FILE [-v strict=1] expected-skips LastTest.log
#
# Counts what ctest ran and holds every skip against the expected ones. Fails on a skip that is not
# expected, one that gives no reason, and an expected one that did not happen; strictly, also on one
# that is expected only where a machine lacks something. LastTest.log has what each test said but
# calls a skip passed; which were skipped stands in what ctest prints (summary).
function trim(s) {
    gsub(/^[ \t]+|[ \t]+$/, "", s)
    return s
}

function complain(what) {
    print "skips: " what
    bad = 1
}

# must|may NAME REASON, for every preset; or must:P,Q for the presets P and Q only.
FILENAME == ARGV[1] {
    if (/^[ \t]*(#|$)/) next
    kind = $1
    presets = ""
    if (kind ~ /:/) {
        presets = "," substr(kind, index(kind, ":") + 1) ","
        kind = substr(kind, 1, index(kind, ":") - 1)
    }
    if ((kind != "must" && kind != "may") || NF < 3) {
        complain(FILENAME ":" FNR ": neither 'must NAME REASON' nor 'may NAME REASON'")
        next
    }
    if (presets != "" && !index(presets, "," preset ",")) next
    expected[$2] = kind
    next
}

/^[0-9]+\/[0-9]+ Test: / {
    name = trim(substr($0, index($0, " Test: ") + 7))
    reason[name] = ""
    inside = 0
    next
}
/^Output:$/ { inside = 1 }
/^<end of output>$/ { inside = 0 }
inside && /^SKIP:/ { reason[name] = trim(substr($0, 6)) }

END {
    while ((getline line < summary) > 0)
        if (line ~ /^[ \t]+[0-9]+ - .* \([A-Za-z ]+\)/) outcome(line)
    for (name in skipped) {
        skips++
        if (reason[name] == "") complain(name " was skipped and gave no reason (SKIP: reason)")
        else if (!(name in expected))
            complain(name " was skipped, which is not expected: " reason[name])
        else if (strict && expected[name] == "may")
            complain(name " may be skipped elsewhere, not here: " reason[name])
        else print "skipped: " name ": " reason[name]
    }
    for (name in expected)
        if (expected[name] == "must" && (name in reason) && !(name in skipped))
            complain(name " was expected to be skipped and was not")
    for (name in failed) fails++
    for (name in reason) if (!(name in failed) && !(name in skipped)) passes++
    printf "%d passed, %d failed, %d skipped\n", passes, fails + bad, skips
    exit bad
}

# "	  3 - sys/x.raw (Skipped)", in the two lists that ctest ends with.
function outcome(line, name) {
    name = line
    sub(/^[ \t]+[0-9]+ - /, "", name)
    sub(/ \([A-Za-z ]+\).*$/, "", name)
    if (line ~ /\(Skipped\)/) skipped[name] = 1
    else failed[name] = 1
}
