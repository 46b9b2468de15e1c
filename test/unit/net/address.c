#include "net/platform.h"

#include "support/test.h"

static void expect_literal(const char *host, const char *text)
{
    struct kh_address address;
    char out[KH_ADDRESS_TEXT];
    cr_assert(kh_address_parse(host, 9092, &address), "%s", host);
    cr_assert_str_eq(kh_address_text(&address, out, sizeof out), text);
}

KH_TEST(address, literals_are_read_and_written)
{
    expect_literal("127.0.0.1", "127.0.0.1:9092");
    expect_literal("255.255.255.255", "255.255.255.255:9092");
    expect_literal("::1", "[::1]:9092");
    expect_literal("2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:9092");
    expect_literal("::ffff:10.0.0.1", "[::ffff:10.0.0.1]:9092");
    expect_literal("fe80::1%2", "[fe80::1%2]:9092");
    expect_literal("fe80:1111:2222:3333:4444:5555:6666:7777%4294967295",
                   "[fe80:1111:2222:3333:4444:5555:6666:7777%4294967295]:9092");
}

KH_TEST(address, names_are_not_literals)
{
    static const char *const names[] = {
        "",
        "localhost",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "[::1]",
        "::1%",
        "::1%eth0",
        "::1%4294967296",
        "::g",
        "1.2.3.4%1",
        ":::",
        "0x7f.1",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333:4444",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct kh_address address = {.port = 7};
        cr_assert_not(kh_address_parse(names[i], 1, &address), "%s", names[i]);
        cr_assert_eq(address.port, 7, "nothing is written for %s", names[i]);
    }
}
