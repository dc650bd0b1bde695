/* SPDX-License-Identifier: MIT */
/* hardpan/spawn.h - child processes that inherit nothing but what their plan names.
 *
 *     plan --- hp_spawn ---> running --- its end ---> ended --- hp_process_wait ---> reaped
 *               |               ^
 *               |  SUSPENDED    | hp_process_resume
 *               +---------> suspended
 *
 * A plan is data. What it does not name the child has not: its descriptors are those of the map and
 * no others, whoever made them and with whatever flags; its environment is the plan's; no signal is
 * blocked, ignored or handled. If any step on the way to the program fails, no program runs, and
 * struct hp_spawn_error says which step, why, and with which of several.
 *
 * For every function here, unless it says otherwise:
 *   answer   0 or a positive number, or -errno. After an error everything is as it was, and there
 *            is no child.
 *   safety   any thread, several at once on different processes; hp_process_wait, hp_process_signal
 *            and hp_process_kill_tree also on one. Not for signal handlers. Not after vfork.
 *   memory   a process is a struct that the caller keeps and does not move. No malloc; a child
 *            begins on a stack of 32 KiB and a guard, which is kept for the next.
 *   signals  no handler is installed, and SIGCHLD is left alone. Nothing waits for any child but
 *            its own. A child that never came to its program raises no SIGCHLD, and is seen by
 *            nobody's waitpid(-1) (off Linux it is). From the moment that the program runs the
 *            kernel tells all who ask: if the program ignores SIGCHLD, or reaps children that are
 *            not its own, then hp_process_wait finds none (-ECHILD).
 *   cost     "N calls" are system calls, the child's own too where it keeps the caller waiting.
 *   source   clone(2), execve(2), pidfd_open(2), waitid(2), close_range(2) of Linux.
 *   systems  Linux. The BSDs and macOS: no bay, no launchers (-ENOSYS); tested on Linux, not run.
 * What the kernel refuses is gone round, remembered and counted: hp_spawn_force, hp_spawn_stats. */
#ifndef HARDPAN_SPAWN_H
#define HARDPAN_SPAWN_H

#include <hardpan/base.h>

HP_EXTERN_C_BEGIN

/* ---- Plans ----------------------------------------------------------------------------------- */

enum {
    HP_SPAWN_NULL = -2, /* in the place of a parent's descriptor: /dev/null, to read and write */
    HP_SPAWN_FDS_MAX = 240,  /* entries of a map */
    HP_SPAWN_PATH_MAX = 4096 /* bytes of a path that is searched for, its 0 included */
};

/* The child's `child` is the parent's `parent`, or HP_SPAWN_NULL. All at once: a map may swap. */
struct hp_spawn_fd {
    int child, parent;
};

struct hp_spawn_limit {
    int resource; /* RLIMIT_* */
    uint64_t soft, hard;
};

/* What of the plan counts, and what has no value. */
enum hp_spawn_flag {
    HP_SPAWN_SESSION = 1 << 0,    /* leads a session of its own */
    HP_SPAWN_GROUP = 1 << 1,      /* in the process group `group` */
    HP_SPAWN_TERMINAL = 1 << 2,   /* `terminal` becomes its controlling one; with SESSION */
    HP_SPAWN_FOREGROUND = 1 << 3, /* its group is the foreground group of `terminal` */
    HP_SPAWN_CGROUP = 1 << 4,     /* begins in the cgroup (v2) of which `cgroup` is the directory */
    HP_SPAWN_DIRECTORY = 1 << 5,  /* begins in `directory`, then in cwd from there */
    HP_SPAWN_UMASK = 1 << 6,
    HP_SPAWN_NICE = 1 << 7,
    /* `groups` are its supplementary groups; without this they stay, also when the uid changes */
    HP_SPAWN_GROUPS = 1 << 8,
    HP_SPAWN_GID = 1 << 9,  /* real, effective and saved */
    HP_SPAWN_UID = 1 << 10, /* real, effective and saved */
    /* what is executed is the file `file`; path is not looked at. A script cannot be: its
     * interpreter could open it only through a descriptor that the child has not */
    HP_SPAWN_FILE = 1 << 11,
    /* everything but the execution: see hp_process_resume. Not by way of the bay */
    HP_SPAWN_SUSPENDED = 1 << 12,
    /* hp_spawn comes back at once: see hp_process_started. By way of a launcher only */
    HP_SPAWN_ASYNC = 1 << 13
};

struct hp_bay;
struct hp_launcher;

/* The ways to start a child. They differ in what of the process's descriptors the child holds
 * before its execution, in who is kept waiting, and in whose thread it comes from. */
enum hp_spawn_way {
    /* From this thread. The kernel copies the table of descriptors, so until the execution the
     * child holds a copy of every one of them: what another thread closes meanwhile stays open that
     * long. A program that was written and closed may be busy to execute (ETXTBSY), an end of file
     * comes late, and a poller goes on finding what was closed. */
    HP_SPAWN_HERE = 1,
    /* From this thread, through the bay: the child shares the table and copies its lowest 64
     * numbers only, where the bay has put what is wanted. What is 64 or above is never copied. */
    HP_SPAWN_BAY,
    /* From a launcher: a thread whose own table is empty, and gets what is wanted. Nothing else is
     * ever copied. */
    HP_SPAWN_LAUNCHER
};

/* Zero is the default of every field. Memory and descriptors are the caller's, and are read during
 * hp_spawn only; with HP_SPAWN_SUSPENDED until hp_process_resume has answered, with HP_SPAWN_ASYNC
 * until hp_process_started has. Refused off Linux (-EOPNOTSUPP): CGROUP, ASYNC; FILE, death_signal
 * but by FreeBSD; SUSPENDED but by macOS, which stops the program at its first instruction. */
struct hp_spawn_plan {
    const char *path;
    char *const *argv; /* ended by NULL; at least one */
    char *const *envp; /* ended by NULL; NULL: empty */
    /* where path is looked for if it has no '/': directories parted by ':', an empty one is the
     * child's own directory. NULL: path is not looked for. See hp_spawn_path */
    const char *search;
    const char *cwd; /* the child's directory; NULL: the parent's */
    const struct hp_spawn_fd *fds;
    const struct hp_spawn_limit *limits;
    const unsigned *groups;
    unsigned fd_count, limit_count, group_count;
    unsigned flags; /* enum hp_spawn_flag */
    int file, directory, terminal, cgroup;
    int group; /* 0: one of its own */
    unsigned uid, gid, umask;
    int nice; /* -20 to 19 */
    /* sent to the child when this process ends; 0: none. The kernel's own means the thread that
     * started the child, so this goes by way of a launcher only. Cleared by the kernel when the
     * program has more rights than its caller */
    int death_signal;
    /* bit n - 1 is signal n. All others are neither blocked nor ignored. What may be as the caller
     * has it, ignored or not, is in `kept`: each signal that is not costs a call, some 0.15 us.
     * ~hp_spawn_ignored() keeps what is not ignored anyway, and nothing else */
    uint64_t blocked, ignored, kept;
    /* 0: by `launcher`, by `bay`, from here: the first that is there and can; see hp_process.way */
    int way;
    struct hp_launcher *launcher;
    struct hp_bay *bay;
};

/* The signals that this process ignores now, and those that it cannot learn of. With all others in
 * `kept`, one that is ignored only later stays ignored in the child. A call for each signal. */
HP_API uint64_t hp_spawn_ignored(void);

/* PATH of an environment, for hp_spawn_plan.search; "/bin:/usr/bin" if it has none. No call. */
HP_API const char *hp_spawn_path(char *const *envp);

/* ---- Failures -------------------------------------------------------------------------------- */

/* The steps, in the order in which a child takes them. */
enum hp_spawn_stage {
    HP_SPAWN_AT_PLAN = 1, /* the plan contradicts itself; index: of the map, where it is that */
    HP_SPAWN_AT_WAY,      /* the bay or the launcher cannot be used */
    HP_SPAWN_AT_START,    /* no process: EAGAIN is a limit (processes of the user, of the cgroup) */
    HP_SPAWN_AT_TABLE,    /* its own table of descriptors */
    HP_SPAWN_AT_SIGNALS,
    HP_SPAWN_AT_SESSION,
    HP_SPAWN_AT_GROUP,
    HP_SPAWN_AT_TERMINAL,
    HP_SPAWN_AT_FOREGROUND,
    HP_SPAWN_AT_CGROUP,
    HP_SPAWN_AT_DIRECTORY, /* path: cwd, unless it is the descriptor that was refused */
    HP_SPAWN_AT_FDS,       /* index: of the map, -1: what must wait beside it (FILE) */
    HP_SPAWN_AT_CLOSE,
    HP_SPAWN_AT_NULL,  /* index: of the map */
    HP_SPAWN_AT_LIMIT, /* index: of the limits */
    HP_SPAWN_AT_NICE,
    HP_SPAWN_AT_GROUPS,
    HP_SPAWN_AT_GID,
    HP_SPAWN_AT_UID,
    HP_SPAWN_AT_UMASK,
    HP_SPAWN_AT_DEATH,
    HP_SPAWN_AT_EXEC /* path: the one that was tried; index: of the directory it was found in */
};

struct hp_spawn_error {
    int stage; /* enum hp_spawn_stage */
    int error; /* errno */
    int index;
    char path[HP_SPAWN_PATH_MAX]; /* empty where the stage has none */
};

/* The name of a stage ("exec"), NULL for another number. No call. */
HP_API const char *hp_spawn_stage_name(int stage);

/* A failure as a line of text, such as "exec /bin/nothing: no such file or directory". The length
 * that it needs, as snprintf; always terminated when capacity > 0. No call. */
HP_API size_t hp_spawn_error_text(const struct hp_spawn_error *error, char *text, size_t capacity);

/* ---- What this system has -------------------------------------------------------------------- */

/* The bits of hp_spawn_force. Each is found missing at its first use. */
enum hp_spawn_has {
    HP_SPAWN_HAS_CLONE3 = 1 << 0, /* with CLEAR_SIGHAND (5.5); else clone, and a call a signal */
    HP_SPAWN_HAS_CGROUP = 1 << 1, /* clone3 into a cgroup (5.7); else the child joins it */
    HP_SPAWN_HAS_PIDFD = 1 << 2,  /* a clone's pidfd (5.2); else processes are numbers */
    HP_SPAWN_HAS_VM = 1 << 3,     /* a child in its parent's memory; else in a copy of it */
    HP_SPAWN_HAS_RANGE_FLAG = 1 << 4, /* CLOSE_RANGE_CLOEXEC (5.11); else they are closed */
    HP_SPAWN_HAS_RANGE = 1 << 5,      /* close_range (5.9); else one by one, as /proc lists them */
    HP_SPAWN_HAS_PROC = 1 << 6,       /* /proc/self/fd; else all up to the limit */
    HP_SPAWN_HAS_WAIT = 1 << 7,       /* waitid by pidfd (5.4); else by number */
    HP_SPAWN_HAS_SIGNAL = 1 << 8,     /* pidfd_send_signal (5.1); else by number, under a lock */
    HP_SPAWN_HAS_POSIX = 1 << 9       /* macOS: posix_spawn; else by fork */
};

/* From now on what is in `missing` counts as absent: how a program tests itself on the kernel it
 * does not have. 0 takes it back, and what was found missing is tried again. Not to be called while
 * other threads are in this room. No call. */
HP_API void hp_spawn_force(unsigned missing);

/* The name of one bit ("clone3"), NULL for another number. */
HP_API const char *hp_spawn_has_name(unsigned bit);

/* What this room did since the program began. */
struct hp_spawn_totals {
    uint64_t clone3, clone, vfork, fork, posix; /* children begun, by their rung */
    uint64_t ranges, listed, brute;     /* how all else was closed in them, where that is known */
    uint64_t here, bay, launcher;       /* children begun, by their way */
    uint64_t failed;                    /* starts that did not come to their program */
    uint64_t waits_pidfd, waits_number; /* children reaped */
    uint64_t watchers;                  /* threads that stood in for a pidfd */
};

/* Relaxed counters, never reset. No call. */
HP_API void hp_spawn_stats(struct hp_spawn_totals *totals);

/* ---- Processes ------------------------------------------------------------------------------- */

/* How the child was begun: the ladder, from above. */
enum hp_spawn_rung {
    HP_SPAWN_CLONE3 = 1, /* clone3: in the caller's memory, with a pidfd, handlers cleared by it */
    HP_SPAWN_CLONE,      /* clone: the same, handlers cleared one by one */
    HP_SPAWN_VFORK,      /* clone: the same without a pidfd; vfork of FreeBSD and NetBSD */
    HP_SPAWN_FORK,       /* the memory is copied; costs grow with what the parent has */
    HP_SPAWN_POSIX       /* macOS: by posix_spawn, by the kernel alone */
};

/* How a process ended, and what it used. */
struct hp_exit {
    int code;             /* what it returned, if signal is 0 */
    int signal;           /* what ended it, else 0 */
    int dumped;           /* a core was */
    int64_t user, system; /* nanoseconds of processor time, of its reaped children too */
    int64_t memory;       /* bytes that were resident at the most */
    int64_t faults_minor, faults_major, switches_voluntary, switches_forced;
};

/* The caller's memory; stays where it is until hp_process_close. To be read, not written. */
struct hp_process {
    int pid;
    int fd;   /* pidfd, close-on-exec; readable when the process has ended. -1: see hp_process_fd */
    int way;  /* enum hp_spawn_way that was taken */
    int rung; /* enum hp_spawn_rung */
    int leads; /* it was given a group of its own */
    int state;
    uint32_t lock;
    struct hp_exit exit; /* when it has been reaped */
    void *start, *watch; /* while it is not yet executed; where there is no pidfd */
};

/* Starts what the plan says: 0 when the program runs, or the error of the step that failed. `error`
 * may be NULL. This thread waits meanwhile, unless the plan has HP_SPAWN_ASYNC or _SUSPENDED.
 *
 * From here 4 calls and those of the child: 1 for each signal but those in `kept` (62 at the most),
 * 1 for each entry of the map, 1 for each gap in its numbers (one after the last included), 1 for
 * each other thing in the plan, the execution. 1 descriptor. By the bay 1 for each descriptor that
 * is 64 or above, twice, and 1. By a launcher 8 of the caller's, and of the launcher's 3 and 1 for
 * each descriptor; and where the last start by it was of the other kind, ASYNC or not, 1, for it is
 * made a batch thread (SCHED_BATCH) that does not take the caller's processor, and no longer is. */
HP_API int hp_spawn(struct hp_process *process, const struct hp_spawn_plan *plan,
                    struct hp_spawn_error *error);

/* What became of HP_SPAWN_ASYNC: 0 when the program runs, or the failure, after which there is no
 * process. -ETIMEDOUT: neither yet, at the deadline. -EINVAL: it was asked before. Nothing else may
 * be asked of the process before it has answered. 3 or 4 calls, and 4 for each 0.1 s it takes. */
HP_API int hp_process_started(struct hp_process *process, struct hp_spawn_error *error,
                              hp_deadline deadline);

/* Executes what HP_SPAWN_SUSPENDED held back: 0, or the failure, after which there is no process.
 * Until then the child has its number, descriptors, ids and cgroup, and is in the parent's memory;
 * it ends by itself if the parent does. 3 calls, and the child's execution. -EINVAL: it was not
 * suspended. */
HP_API int hp_process_resume(struct hp_process *process, struct hp_spawn_error *error);

/* Waits until the process has ended, and reaps it: 0 and *exit (or NULL), again and again if asked
 * again. -ETIMEDOUT: at the deadline it had not ended. -ECHILD: somebody else has reaped it. 1 call
 * with HP_FOREVER or if it has ended, 3 otherwise, and without a pidfd what hp_process_fd takes. */
HP_API int hp_process_wait(struct hp_process *process, struct hp_exit *exit, hp_deadline deadline);

/* A descriptor that is readable as soon as the process has ended, for a poller; it stays the
 * process's. The pidfd, no call. Where there is none, a thread that waits for this child alone is
 * begun at the first use (4 calls, a stack), and rings an eventfd: -EAGAIN, -EMFILE, -ENOMEM. Off
 * Linux a kqueue, which the first use makes (2 calls). */
HP_API int hp_process_fd(struct hp_process *process);

/* Sends a signal to the process, and never to another that got its number: -ESRCH once it has been
 * reaped. 0 only asks. 1 call. */
HP_API int hp_process_signal(struct hp_process *process, int signal);

/* Sends a signal to the process and to what it has started: to its cgroup, if `cgroup` is the
 * directory of one (by cgroup.kill, Linux 5.14, for SIGKILL; else to each process in it, until a
 * look finds no new one), or with -1 to its process group, which it must lead (HP_SPAWN_SESSION or
 * HP_SPAWN_GROUP, else -EINVAL) and which it must not yet have been reaped from (-ESRCH). What has
 * left the group is not found; nothing leaves a cgroup without rights. 1 call for a group. */
HP_API int hp_process_kill_tree(struct hp_process *process, int signal, int cgroup);

/* Lets go of a process. One that was not reaped stays the program's to reap, by its number. -EBUSY:
 * a thread stands in for its pidfd and it has not ended, or it is suspended. 1 call. */
HP_API int hp_process_close(struct hp_process *process);

/* ---- The bay --------------------------------------------------------------------------------- */

/* The caller's memory. To be read, not written. */
struct hp_bay {
    uint32_t lock;
    int spare;         /* what lies in a slot that is not used */
    uint64_t reserved; /* bit n: number n is the bay's */
};

/* Reserves the numbers below 64 that are free, to be called before the program has others: how many
 * from 3 to 63 are the program's already. Those, and 0 to 2, a child by the bay holds a copy of for
 * the time of one call. At most 62 calls and 61 descriptors, which count against RLIMIT_NOFILE. One
 * start at a time goes through a bay. -ENOSYS: no close_range (Linux 5.9), or no Linux. -EMFILE. */
HP_API int hp_bay_open(struct hp_bay *bay);

/* Gives the numbers back. Nobody may be starting by it. A call for each. */
HP_API void hp_bay_close(struct hp_bay *bay);

/* ---- Launchers ------------------------------------------------------------------------------- */

enum { HP_LAUNCHER_THREADS_MAX = 32 };

/* The caller's memory; stays where it is. To be read, not written. */
struct hp_launcher {
    unsigned count; /* threads */
    uint32_t next;
    int pid;         /* of the process they are threads of */
    unsigned ids[6]; /* that they have: real, effective, saved uid and gid */
    void *channels[HP_LAUNCHER_THREADS_MAX];
};

/* Makes threads that start children for others, each with a table of descriptors of its own that is
 * empty. Several callers go to different ones; a start that finds all at work waits for one. The
 * threads are not the C library's: they block all signals and run nothing but this library, through
 * its raw door (-ENOSYS through the other). 7 calls, a stack and a descriptor each. Best before
 * there are many descriptors: where there is no close_range a thread begins with a copy of all.
 * -EINVAL: none, or too many. -EAGAIN, -EMFILE, -ENOMEM.
 *
 * What a child has from the thread that starts it, it has from the launcher as that was made, not
 * from the caller: namespaces, seccomp filters and no_new_privs, landlock, capabilities,
 * supplementary groups, affinity, scheduling, I/O priority, security labels, timer slack. If uids
 * or gids have changed since, the launcher refuses (-ESTALE). The directory and umask are the
 * process's, unless the caller has unshared them. */
HP_API int hp_launcher_open(struct hp_launcher *launcher, unsigned threads);

/* Ends the threads. -EBUSY: a start is on its way, or hp_process_started was not asked about it.
 * Children of a plan with a death signal are sent it, as if the process had ended. In a forked
 * child, where there are no such threads: lets go of what it has a copy of. 3 calls each. */
HP_API int hp_launcher_close(struct hp_launcher *launcher);

/* ---- Run, feed, listen ----------------------------------------------------------------------- */

/* What is kept of an output: its first bytes, and its last. The caller's memory; either may be
 * empty. What is neither is read and dropped, so that nobody waits for room. */
struct hp_capture {
    char *head, *tail;
    size_t head_size, tail_size;
    /* answers: bytes in each, tail from its start; of the whole output */
    size_t head_length, tail_length;
    uint64_t total;
};

enum hp_talk_event {
    HP_TALK_TIMED_OUT = 1 << 0,  /* the deadline came first, and SIGTERM was sent */
    HP_TALK_KILLED = 1 << 1,     /* so did the grace's end, and SIGKILL was sent */
    HP_TALK_INPUT_CUT = 1 << 2,  /* the child did not read all of the input */
    HP_TALK_OUTPUT_CUT = 1 << 3, /* somebody else holds an output, and may write on */
    HP_TALK_LOST = 1 << 4        /* not even SIGKILL ended it; it is not reaped */
};

struct hp_talk {
    const void *input; /* fed to 0, which is closed behind it; with length 0 it is empty */
    size_t input_length;
    struct hp_capture output[2]; /* of 1 and 2 */
    int64_t grace; /* nanoseconds from SIGTERM to SIGKILL, and from that to HP_TALK_LOST */
    /* nanoseconds that an output is listened to after the child's end. Who still has it then is
     * sent SIGKILL, with all others of the child's process group or cgroup, if `kills_rest` */
    int64_t drain;
    int kills_rest;
    /* answers */
    unsigned events;     /* enum hp_talk_event */
    size_t input_taken;  /* bytes that went into the pipe */
    struct hp_exit exit; /* unless HP_TALK_LOST */
};

/* Runs the plan with pipes for 0, 1 and 2, which its map may not name: feeds it, listens, waits
 * for its end. It is over when the child has ended and its outputs too, or `drain` after its end.
 * At the deadline SIGTERM is sent, after the grace SIGKILL: to the cgroup of the plan, else to the
 * process group if the plan has it lead one, else to the child. 0 whenever the program ran, also
 * when it was killed: see `events`; else as hp_spawn, or -EMFILE for the pipes. The plan is
 * neither ASYNC nor SUSPENDED: -EINVAL. -ECHILD: the program ran, and somebody else has reaped it:
 * all is said but how it ended. No SIGPIPE comes of it; one that the caller blocks may become
 * pending. 15 calls, those of a start and a wait, and 2 for each piece of at most 16 KiB. */
HP_API int hp_communicate(const struct hp_spawn_plan *plan, struct hp_talk *talk,
                          struct hp_spawn_error *error, hp_deadline deadline);

HP_EXTERN_C_END

#endif
