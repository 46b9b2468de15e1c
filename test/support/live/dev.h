/* `./dev kafka …` from within a test, for Kafkas beyond the one that it was given. */
#ifndef TEST_SUPPORT_LIVE_DEV_H
#define TEST_SUPPORT_LIVE_DEV_H

#include <stdbool.h>
#include <sys/types.h>

/* Begins `./dev kafka WORD…` (the last word is NULL) on a run directory. The program is
 * KOHORT_TEST_DEV; what it says goes to standard error. */
pid_t dev_begin(const char *run_directory, const char *const *words);
/* Whether it has ended; if it failed, the test fails. */
bool dev_ended(pid_t pid, const char *what);
/* Waits for its end; the exit code, -1: a signal. */
int dev_wait(pid_t pid);

/* Removes a directory and all in it. */
void dev_remove(const char *run_directory);

/* A file's first line, without its end; NULL: there is no such file. Valid until the next call. */
const char *dev_read(const char *run_directory, const char *file);

#endif
