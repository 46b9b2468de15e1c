#include "platform_world.h"

#include <netdb.h>
#include <string.h>

struct answer {
    bool came;
    char error[128];
    struct kh_address addresses[64];
    size_t count;
};

static void answered(void *arg, const char *error, const struct kh_address *addresses, size_t count)
{
    struct answer *answer = arg;
    cr_assert_not(answer->came, "once");
    cr_assert_eq(error == NULL, count > 0);
    answer->came = true;
    answer->count = count;
    if (error != NULL)
        strncpy(answer->error, error, sizeof answer->error - 1);
    else
        memcpy(answer->addresses, addresses, count * sizeof *addresses);
}

KH_TEST(platform_lookup, localhost_has_a_loopback_address)
{
    /* A Debian from debootstrap has no /etc/hosts, and then no localhost. */
    struct addrinfo *known;
    if (getaddrinfo("localhost", NULL, NULL, &known) != 0)
        cr_skip_test("this system has no localhost");
    freeaddrinfo(known);
    struct world w;
    world_open(&w);
    struct answer answer = {0};
    cr_assert_not_null(w.ops->resolve(w.platform, "localhost", 9092, answered, &answer));
    cr_assert_not(answer.came);
    world_run_until(&w, &answer.came);
    cr_assert_str_eq(answer.error, "");
    bool found = false;
    for (size_t i = 0; i < answer.count; i++) {
        char text[KH_ADDRESS_TEXT];
        kh_address_text(&answer.addresses[i], text, sizeof text);
        found |= strcmp(text, "127.0.0.1:9092") == 0 || strcmp(text, "[::1]:9092") == 0;
        for (size_t j = 0; j < i; j++)
            cr_assert_neq(
                memcmp(&answer.addresses[i], &answer.addresses[j], sizeof *answer.addresses), 0,
                "each once");
    }
    cr_assert(found);
    world_close(&w);
}

KH_TEST(platform_lookup, a_name_that_cannot_be_one_fails_later_with_a_sentence)
{
    struct world w;
    world_open(&w);
    char name[400];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct answer answer = {0};
    cr_assert_not_null(w.ops->resolve(w.platform, name, 9092, answered, &answer));
    cr_assert_not(answer.came, "never inside the call");
    world_run_until(&w, &answer.came);
    cr_assert_gt(strlen(answer.error), 0);
    world_close(&w);
}

KH_TEST(platform_lookup, one_that_is_cancelled_is_silent)
{
    struct world w;
    world_open(&w);
    char name[400];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct answer answer = {0};
    /* More than the pool has threads: some wait, some run already. */
    struct kh_lookup *lookups[12];
    for (int i = 0; i < 12; i++) {
        lookups[i] = w.ops->resolve(w.platform, i == 0 ? name : "localhost", 1, answered, &answer);
        cr_assert_not_null(lookups[i]);
    }
    for (int i = 0; i < 12; i++)
        w.ops->resolve_cancel(lookups[i]);
    world_close(&w);
    cr_assert_not(answer.came);
}

KH_TEST(platform_lookup, running_out_of_memory_starts_none)
{
    struct world w;
    world_open(&w);
    test_fail_allocation(0);
    cr_assert_null(w.ops->resolve(w.platform, "localhost", 1, answered, NULL));
    world_close(&w);
}
