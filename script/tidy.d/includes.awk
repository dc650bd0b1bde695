# SPDX-License-Identifier: MIT
# The directions of the house. Every file is given twice: the first time to learn which room a header
# lies in, the second to hold each include against what its room may know.
BEGIN {
    may["base"] = " base "
    may["sys"] = " base sys "
    may["layout"] = " base layout "
    may["vm"] = " base sys layout vm "
    may["poll"] = " base sys vm poll "
    may["spawn"] = " base sys vm spawn "
    # What is built on a room and lies in it has a public header of its own.
    built_in["arena"] = built_in["ring"] = built_in["stack"] = "vm"
    built_in["sim"] = "layout"
    half = (ARGC - 1) / 2
}

function room_of(path, part) {
    if (path ~ /^include\/hardpan\//) {
        part = path
        sub(/^include\/hardpan\//, "", part)
        sub(/\.h$/, "", part)
        return part in built_in ? built_in[part] : part
    }
    split(path, part_of, "/")
    return part_of[1] == "src" ? part_of[2] : part_of[1]
}

function say(what) {
    print FILENAME ":" FNR ": " what
    bad = 1
}

FNR == 1 {
    files++
    room = room_of(FILENAME)
    outside = room == "tool" || room == "hostile" || room == "example"
    base = FILENAME
    sub(/.*\//, "", base)
    if (files <= half) {
        where[base] = where[base] " " room " "
        if (!(room in may) && !outside && FILENAME != "include/hardpan.h")
            say("a room that the house does not know: " room)
    }
}
files <= half || FILENAME == "include/hardpan.h" { next }
!/^[ \t]*#[ \t]*include/ { next }

# <hardpan/ROOM.h>
/<hardpan\// {
    name = $0
    sub(/.*<hardpan\//, "", name)
    sub(/\.h>.*/, "", name)
    home = name in built_in ? built_in[name] : name
    if (!outside && !index(may[room], " " home " ")) say(room " may not know hardpan/" name ".h")
    next
}
/<hardpan\.h>/ {
    if (!outside) say(room " may not know every room")
    next
}
/"/ {
    name = $0
    sub(/^[^"]*"/, "", name)
    sub(/".*/, "", name)
    path = name
    sub(/.*\//, "", name)
    if (outside) {
        if (path ~ /(^|\/)src\// || !index(where[name], " " room " ")) say(room " may only know public headers, not " name)
        next
    }
    if (!(name in where)) next # error.def and its like
    allowed = 0
    n = split(where[name], homes, " ")
    for (i = 1; i <= n; i++) if (index(may[room], " " homes[i] " ")) allowed = 1
    if (!allowed) say(room " may not know " name ", of" where[name])
}
END { exit bad }
