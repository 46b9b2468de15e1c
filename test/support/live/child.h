/* The `kohort` tool, or another program, as a child process: its output is gathered while the loop
 * runs. It does not outlive the test. */
#ifndef TEST_SUPPORT_LIVE_CHILD_H
#define TEST_SUPPORT_LIVE_CHILD_H

#include "support/live/stage.h"

struct child_text {
    uv_pipe_t pipe;
    char *text; /* terminated */
    size_t size, capacity;
    bool ended;
};

struct child {
    struct stage *stage;
    pid_t pid;
    struct child_text out, err;
    int in; /* what it reads; -1: what the test reads */
    bool reaped;
    int exit_code; /* -1: ended by a signal */
};

/* Arguments after the program's name, ended by NULL. The program is KOHORT_TEST_TOOL. */
void child_start(struct child *c, struct stage *s, const char *const *arguments);
/* Another program; looked for in PATH where its name has no slash. */
void child_start_program(struct child *c, struct stage *s, const char *program,
                         const char *const *arguments);
/* The same, and it reads what child_tell() writes. */
void child_start_told(struct child *c, struct stage *s, const char *program,
                      const char *const *arguments);
/* A line. */
void child_tell(struct child *c, const char *line);
/* Nothing more follows. */
void child_hang_up(struct child *c);
/* SIGINT is what ^C sends. */
void child_signal(struct child *c, int number);
/* From now on nobody takes what it writes, until child_read_on(). */
void child_stop_reading(struct child *c);
void child_read_on(struct child *c);
/* What it writes from now on has no reader at all. */
void child_close_output(struct child *c);
/* Whether it has ended; exit_code is known then. */
bool child_ended(struct child *c);
/* How often a text occurs in what it has written. */
size_t child_said(const struct child_text *text, const char *what);
/* Kills it if it still runs, and gives everything back. */
void child_close(struct child *c);

#endif
