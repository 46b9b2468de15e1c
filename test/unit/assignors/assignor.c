#include "assignors/assignor.h"
#include "support/test.h"

#include <stdio.h>

KH_TEST(assignor, is_found_by_its_name_and_by_javas)
{
    static const struct {
        const char *name, *java_name;
        enum kh_rebalance_mode mode;
    } all[] = {
        {"range", "RangeAssignor", KH_REBALANCE_EAGER},
        {"roundrobin", "RoundRobinAssignor", KH_REBALANCE_EAGER},
        {"sticky", "StickyAssignor", KH_REBALANCE_EAGER},
        {"cooperative-sticky", "CooperativeStickyAssignor", KH_REBALANCE_COOPERATIVE},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char java_name[100];
        snprintf(java_name, sizeof java_name, "org.apache.kafka.clients.consumer.%s",
                 all[i].java_name);
        const struct kh_assignor *found = kh_assignor_find(kh_string_of(all[i].name));
        cr_assert_not_null(found);
        cr_assert_eq(found->mode, all[i].mode);
        cr_assert_eq(kh_assignor_find(kh_string_of(java_name)), found);
    }
    cr_assert_null(kh_assignor_find(KH_STRING("rang")));
}
