#include "support/live/dev.h"

#include "support/live/live.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 8, PATH_SIZE = 512, DESCRIPTORS_MAX = 1024 };

/* A node outlives this process: it must hold none of Criterion's or the test's descriptors. */
static void keep_only_standard_error(void)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    for (int i = STDERR_FILENO + 1; i < DESCRIPTORS_MAX; i++)
        close(i);
}

static void run_dev(const char *dev, const char *run_directory, const char *const *words)
{
    char *texts[WORDS_MAX] = {(char *)(uintptr_t)dev, (char *)(uintptr_t) "kafka"};
    for (size_t i = 0; words[i] != NULL && i + 3 < WORDS_MAX; i++)
        texts[i + 2] = (char *)(uintptr_t)words[i];
    setenv("KOHORT_RUN_DIR", run_directory, 1);
    keep_only_standard_error();
    execv(dev, texts);
    _exit(127);
}

pid_t dev_begin(const char *run_directory, const char *const *words)
{
    const char *dev = getenv("KOHORT_TEST_DEV");
    cr_assert_not_null(dev, "KOHORT_TEST_DEV does not name ./dev");
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0)
        run_dev(dev, run_directory, words);
    return pid;
}

static int exit_code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool dev_ended(pid_t pid, const char *what)
{
    int status;
    if (waitpid(pid, &status, WNOHANG) != pid)
        return false;
    cr_assert_eq(exit_code(status), 0, "./dev could not %s", what);
    return true;
}

int dev_wait(pid_t pid)
{
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return exit_code(status);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void dev_remove(const char *run_directory)
{
    nftw(run_directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *dev_read(const char *run_directory, const char *file)
{
    static char line[PATH_SIZE];
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", run_directory, file);
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return NULL;
    bool read = fgets(line, sizeof line, stream) != NULL;
    fclose(stream);
    if (!read)
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    return line;
}
