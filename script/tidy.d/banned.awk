# SPDX-License-Identifier: MIT
# Words that the library does without. The libc door alone reads errno, to turn it into an answer.
function word(name) { return $3 ~ ("(^|[^A-Za-z0-9_])(" name ")([^A-Za-z0-9_]|$)") }
function called(name) { return $3 ~ ("(^|[^A-Za-z0-9_])(" name ")[ ]*\\(") }
function say(what) {
    print $1 ":" $2 ": " what
    bad = 1
}
$3 ~ /^[ \t]*#[ \t]*include/ { next }
called("malloc|calloc|realloc|reallocarray|free|strdup|aligned_alloc|posix_memalign") { say("asks for memory") }
called("f?printf|s?n?printf|v[a-z]*printf|f?puts|putchar|fwrite|perror") { say("prints") }
called("abort|exit|_exit|_Exit|quick_exit|atexit|assert") { say("ends the program") }
called("setjmp|longjmp|signal|sigaction|pthread_[a-z_]*") { say("touches what is the program's own") }
word("_Thread_local|__thread|thread_local") { say("keeps thread-local state") }
word("errno") && $1 !~ /^src\/sys\/door\/libc\// { say("knows errno") }
END { exit bad }
