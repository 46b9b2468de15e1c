/* The programs in examples/, run as their readers would. */
#include "support/live/admin.h"
#include "support/live/child.h"

#include <signal.h>

LIVE_SUITE(example);

KH_TEST(example, group_reads_commits_and_leaves)
{
    struct stage s;
    struct child c;
    const char *topic = live_name("t6");
    admin_create_topic(topic, 6);
    admin_produce_many(topic, 600, 20, 0, "none");
    stage_open(&s);
    child_start(&c, &s, (const char *[]){live_bootstrap(), topic, NULL});
    run_until(&s, child_said(&c.out, "records from offset 0\n") == 6);
    child_signal(&c, SIGINT);
    run_until(&s, child_ended(&c));
    cr_expect_eq(c.exit_code, 0, "%s", c.err.text);
    for (int partition = 0; partition < 6; partition++)
        cr_expect_eq(admin_group_offset("example", topic, partition), 100);
    child_close(&c);
    stage_close(&s);
}
