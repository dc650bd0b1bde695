# SPDX-License-Identifier: MIT
# Lengths of functions, sorted: half are at most 10 lines, nine in ten at most 36.
{
    lines[NR] = $1
    at[NR] = $2 ":" $3
}
function hold(rank, limit, what, i) {
    i = int(NR * rank + 0.999999)
    if (lines[i] <= limit) return
    print at[i] ": " what " of " NR " functions in " part "/ is " lines[i] " lines, " limit " are allowed"
    bad = 1
}
END {
    hold(0.5, 10, "the median")
    hold(0.9, 36, "the ninth tenth")
    exit bad
}
