/* The main() of a program of live tests. Criterion runs each test in a process of its own, and a
 * JVM for each would cost more than the test; so the helper belongs to the program. Its tests run
 * one after the other and reach it through the program's pipes. */
#include "support/live/admin.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Exported, because Criterion starts a test's process through the dynamic symbol of main(). */
__attribute__((visibility("default"))) int main(int count, char **texts)
{
    struct criterion_test_set *tests = criterion_initialize();
    int status = EXIT_SUCCESS;
    if (criterion_handle_args(count, texts, true)) {
        criterion_options.jobs = 1;
        admin_start();
        status = criterion_run_all_tests(tests) != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        admin_stop();
    }
    criterion_finalize(tests);
    return status;
}
