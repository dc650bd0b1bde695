# SPDX-License-Identifier: MIT
# At most 3 conditions of the preprocessor in a thousand lines; small trees may have 3.
{ total++ }
FNR == 1 { guard = "" }
/^[ \t]*#[ \t]*ifndef [A-Z_0-9]+_H$/ && guard == "" {
    guard = $NF
    next
}
/^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)([ \t(]|$)/ {
    count++
    last = last FILENAME ":" FNR ": condition " count ": " $0 "\n"
}
END {
    allowed = int(total * 3 / 1000 + 0.999999)
    if (count <= allowed || count <= 3) exit 0
    printf "%s", last
    print "include:1: " count " conditions in " total " lines, " allowed " are allowed"
    exit 1
}
