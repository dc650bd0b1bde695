/* SPDX-License-Identifier: MIT */
/* A child that is fed and listened to, until it ends or is made to.
 *
 *     talking --- deadline: SIGTERM ---> asked --- grace: SIGKILL ---> killed --- grace ---> lost
 *        |                                 |                             |
 *        +------------- its end -----------+-----------------------------+---> draining ---> over
 *
 * It is not reaped before all is over: until then its number, and its group's, are nobody else's.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "child.h"
#include "spawn.h"

enum { INPUT, OUTPUT, ERRORS, END, WATCHED, PIECE = 16384, PIPE_MOST = 1 << 20 };
enum phase { TALKING, ASKED, KILLED, DRAINING, OVER };

struct session {
    const struct hp_spawn_plan *plan;
    struct hp_talk *talk;
    struct hp_process process;
    struct pollfd watched[WATCHED]; /* fd -1: done with */
    int theirs[3];                  /* the child's ends, until it has them */
    enum phase phase;
    hp_deadline until; /* of this phase */
};

/* ---- Pipes ----------------------------------------------------------------------------------- */

static void drop(int *fd) {
    if (*fd >= 0) hp_sys_close(*fd);
    *fd = -1;
}

static void drop_all(struct session *session) {
    for (int i = INPUT; i <= ERRORS; i++) {
        drop(&session->watched[i].fd);
        drop(&session->theirs[i]);
    }
}

static int make_pipe(struct session *session, int which) {
    int ends[2];
    const int answer = hp_sys_pipe2(ends, 0);
    if (answer < 0) return answer;
    const bool feeds = which == INPUT;
    session->theirs[which] = ends[feeds ? 0 : 1];
    session->watched[which].fd = ends[feeds ? 1 : 0];
    session->watched[which].events = feeds ? POLLOUT : POLLIN;
    return hp_sys_fcntl(session->watched[which].fd, F_SETFL,
                        feeds ? O_WRONLY | O_NONBLOCK : O_NONBLOCK);
}

static int make_pipes(struct session *session) {
    for (int i = INPUT; i <= ERRORS; i++) session->watched[i].fd = session->theirs[i] = -1;
    for (int i = INPUT; i <= ERRORS; i++) {
        const int answer = make_pipe(session, i);
        if (answer < 0) return answer;
    }
    return 0;
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

static void feed(struct session *session) {
    struct hp_talk *talk = session->talk;
    const size_t left = talk->input_length - talk->input_taken;
    const char *from = (const char *)talk->input + talk->input_taken;
    const long answer = left ? hp_sys_write(session->watched[INPUT].fd, from, left) : 0;
    if (answer > 0) talk->input_taken += (size_t)answer;
    if (answer != -EAGAIN && (answer < 0 || talk->input_taken == talk->input_length))
        drop(&session->watched[INPUT].fd);
    if (answer == -EPIPE) hp_take_back(SIGPIPE); /* by a descriptor: there is room for one now */
}

/* True if there may be more. */
static bool hear(struct session *session, int which) {
    char piece[PIECE];
    const long answer = hp_sys_read(session->watched[which].fd, piece, sizeof piece);
    if (answer == -EAGAIN) return false;
    if (answer > 0)
        hp_capture_take(&session->talk->output[which - OUTPUT], piece, (size_t)answer);
    else
        drop(&session->watched[which].fd);
    return answer > 0;
}

/* As much as a pipe can hold, for somebody else may go on writing. */
static void hear_all(struct session *session, int which) {
    int left = session->watched[which].fd < 0 ? 0 : PIPE_MOST;
    while (left > 0 && hear(session, which)) left -= PIECE;
}

/* ---- Phases ---------------------------------------------------------------------------------- */

static void tell(struct session *session, int signal) {
    const bool has_cgroup = session->plan->flags & HP_SPAWN_CGROUP;
    if (has_cgroup || session->process.leads)
        hp_process_kill_tree(&session->process, signal, has_cgroup ? session->plan->cgroup : -1);
    else
        hp_process_signal(&session->process, signal);
}

static void enter(struct session *session, enum phase phase, int64_t length) {
    session->phase = phase;
    session->until = hp_sys_after(length);
}

static bool is_silent(const struct session *session) {
    return session->watched[OUTPUT].fd < 0 && session->watched[ERRORS].fd < 0;
}

/* Its end is seen, and its number kept. What it wrote is in the pipes, and is read before their
 * bound begins to run. */
static void see_end(struct session *session) {
    for (int i = OUTPUT; i <= ERRORS; i++) hear_all(session, i);
    drop(&session->watched[INPUT].fd);
    session->watched[END].fd = -1;
    enter(session, DRAINING, session->talk->drain);
}

static void time_is_up(struct session *session) {
    struct hp_talk *talk = session->talk;
    switch (session->phase) {
    case TALKING:
        talk->events |= HP_TALK_TIMED_OUT;
        tell(session, SIGTERM);
        enter(session, ASKED, talk->grace);
        break;
    case ASKED:
        talk->events |= HP_TALK_KILLED;
        tell(session, SIGKILL);
        enter(session, KILLED, talk->grace);
        break;
    case KILLED:
        talk->events |= HP_TALK_LOST;
        session->phase = OVER;
        break;
    case DRAINING:
        talk->events |= HP_TALK_OUTPUT_CUT;
        if (talk->kills_rest) tell(session, SIGKILL);
        session->phase = OVER;
        break;
    case OVER: break;
    }
}

static void attend(struct session *session) {
    struct pollfd *watched = session->watched;
    for (int i = OUTPUT; i <= ERRORS; i++)
        if (watched[i].fd >= 0 && watched[i].revents) hear(session, i);
    if (watched[INPUT].fd >= 0 && watched[INPUT].revents) feed(session);
    if (watched[END].fd >= 0 && watched[END].revents) see_end(session);
}

static int talk_on(struct session *session) {
    while (session->phase != OVER) {
        const int found = hp_sys_poll(session->watched, WATCHED, session->until);
        if (found < 0) return found;
        if (found > 0) attend(session);
        if (session->phase == DRAINING && is_silent(session)) return 0;
        if (found == 0 || hp_sys_now() >= session->until) time_is_up(session);
    }
    return 0;
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static int start(struct session *session, struct hp_spawn_error *error) {
    struct hp_spawn_fd fds[HP_SPAWN_FDS_MAX];
    struct hp_spawn_plan plan = *session->plan;
    if (plan.flags & (HP_SPAWN_ASYNC | HP_SPAWN_SUSPENDED) || plan.fd_count > HP_SPAWN_FDS_MAX - 3)
        return hp_spawn_fail(error, HP_SPAWN_AT_PLAN, -EINVAL, 0);
    for (unsigned i = 0; i < plan.fd_count; i++) fds[i] = plan.fds[i];
    for (int i = INPUT; i <= ERRORS; i++)
        fds[plan.fd_count++] = (struct hp_spawn_fd){i, session->theirs[i]};
    plan.fds = fds;
    return hp_spawn(&session->process, &plan, error);
}

static void begin(struct hp_talk *talk) {
    talk->events = 0;
    talk->input_taken = 0;
    for (int i = 0; i < 2; i++) {
        struct hp_capture *capture = &talk->output[i];
        capture->head_length = capture->tail_length = 0;
        capture->total = 0;
    }
}

static int finish(struct session *session) {
    struct hp_talk *talk = session->talk;
    int answer = 0;
    if (talk->input_taken < talk->input_length) talk->events |= HP_TALK_INPUT_CUT;
    for (int i = 0; i < 2; i++) hp_capture_end(&talk->output[i]);
    if (!(talk->events & HP_TALK_LOST))
        answer = hp_process_wait(&session->process, &talk->exit, HP_FOREVER);
    hp_process_close(&session->process);
    return answer;
}

static int run(struct session *session, struct hp_spawn_error *error, hp_deadline deadline) {
    int answer = start(session, error);
    for (int i = INPUT; i <= ERRORS; i++) drop(&session->theirs[i]);
    if (answer < 0) return answer;
    session->until = deadline;
    session->watched[END].events = POLLIN;
    session->watched[END].fd = answer = hp_process_fd(&session->process);
    if (answer >= 0) answer = talk_on(session);
    if (answer < 0) tell(session, SIGKILL);
    const int ended = finish(session);
    return answer < 0 ? answer : ended;
}

int hp_communicate(const struct hp_spawn_plan *plan, struct hp_talk *talk,
                   struct hp_spawn_error *error, hp_deadline deadline) {
    struct session session = {.plan = plan, .talk = talk};
    uint64_t mask[CHILD_SIGNAL_WORDS] = {0}, more[CHILD_SIGNAL_WORDS];
    hp_sys_sigmask(0, mask);
    __builtin_memcpy(more, mask, sizeof mask);
    more[0] |= (uint64_t)1 << (SIGPIPE - 1);
    hp_sys_sigmask(more, 0);
    begin(talk);
    int answer = make_pipes(&session);
    if (answer < 0)
        hp_spawn_fail(error, HP_SPAWN_AT_START, answer, 0);
    else
        answer = run(&session, error, deadline);
    drop_all(&session);
    hp_sys_sigmask(mask, 0);
    return answer;
}
