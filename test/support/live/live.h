/* How a live test begins: LIVE_SUITE(name) once a file, then KH_TEST(name, C_01_…) as everywhere.
 *
 * The broker is the one at KOHORT_TEST_BOOTSTRAP; the command in KOHORT_TEST_ADMIN starts the
 * helper of test/kafka for it. Without them every test is skipped; where CI is set, main() fails.
 * The helper is started once for all tests of a program, by the main() of main.c. */
#ifndef TEST_SUPPORT_LIVE_LIVE_H
#define TEST_SUPPORT_LIVE_LIVE_H

#include "support/test.h"

/* Longer than any test waits for anything: what hangs is named by the wait that gave up. */
enum { LIVE_TEST_SECONDS = 300 };

#define LIVE_SUITE(name) TestSuite(name, .init = live_begin, .timeout = LIVE_TEST_SECONDS)

bool live_has_broker(void);
/* Skips the test where there is no broker; else makes sure that it does not outlive its runner. */
void live_begin(void);

/* "host:port" of the broker; of a cluster, one for each node, with commas between. */
const char *live_bootstrap(void);
/* From now on another Kafka is meant: by live_bootstrap() and all that goes by it, members, proxies
 * and the admin helper. */
void live_use(const char *bootstrap);
/* The parts of the (first) address; the host is valid as long as the program. */
const char *live_host(void);
int live_port(void);

/* A port of 127.0.0.1 on which nobody listens. */
int live_unused_port(void);

/* A name that no other test of any run has: "<purpose>-…". Valid as long as the program. */
const char *live_name(const char *purpose);

/* The long mode: ./dev check --long, which sets KOHORT_TEST_LONG. */
bool live_is_long(void);
/* A duration that a row of the contract speaks of: itself in the long mode, else a tenth of it. */
int64_t live_duration_ms(int64_t full_ms);

/* For mkdtemp() or mkstemp(): "kohort-<purpose>.XXXXXX" in $TMPDIR, or in its default. */
void live_temporary(char *path, size_t size, const char *purpose);

/* Milliseconds of a clock that only goes forward. */
int64_t live_now_ms(void);

/* A line on the program's standard error, for figures: Criterion takes what a test itself writes
 * there. */
void live_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* In main(), before the tests. */
void live_say_here(void);

/* Ends the calling process with its parent, however that ends. */
void live_die_with_parent(void);

#endif
