/* The main() of a program of live tests. Criterion runs each test in a process of its own, and a
 * JVM for each would cost more than the test; so the helper belongs to the program. Its tests run
 * one after the other and reach it through the program's pipes. */
#include "support/live/admin.h"
#include "support/live/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_tests(int count, char **texts)
{
    struct criterion_test_set *tests = criterion_initialize();
    int status = EXIT_SUCCESS;
    if (criterion_handle_args(count, texts, true)) {
        criterion_options.jobs = 1;
        status = criterion_run_all_tests(tests) != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    criterion_finalize(tests);
    return status;
}

/* A process apart from Criterion's, which waits for any child of its own and cannot reap one that
 * it did not start: a helper that ended early would keep it busy for ever. Exported, because
 * Criterion starts a test's process through the dynamic symbol of main(). */
__attribute__((visibility("default"))) int main(int count, char **texts)
{
    int status;
    if (!live_has_broker() && getenv("CI") != NULL) {
        puts("Bail out! There is no broker: KOHORT_TEST_BOOTSTRAP and KOHORT_TEST_ADMIN are not "
             "set");
        return EXIT_FAILURE;
    }
    live_say_here();
    admin_start();
    pid_t runner = fork();
    if (runner == 0) {
        live_die_with_parent();
        return run_tests(count, texts);
    }
    if (runner < 0 || waitpid(runner, &status, 0) != runner)
        abort();
    admin_stop();
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
