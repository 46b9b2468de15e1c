/* What an answer to Metadata changes, and what it must not. */
#include "cluster_fixture.h"

static struct fixture x;

#define WANT(name)   expect_status(kh_cluster_want_topic(x.cluster, KH_STRING(name)), 0)
#define UNWANT(name) kh_cluster_unwant_topic(x.cluster, KH_STRING(name))

static const struct kh_topic_metadata *topic(const char *name)
{
    const struct kh_topic_metadata *found = kh_cluster_topic(x.cluster, kh_string_of(name));
    cr_assert_not_null(found);
    return found;
}

static struct topic_row healthy(const char *name, uint8_t id, int32_t epoch)
{
    struct topic_row row = {.name = name, .id = id, .partition_count = 3};
    for (int32_t i = 0; i < row.partition_count; i++) {
        row.partitions[i].index = i;
        row.partitions[i].leader = 1 + i % 2;
        row.partitions[i].epoch = epoch;
    }
    return row;
}

static void start(void)
{
    fixture_init(&x);
    x.topics[0] = healthy("t", 7, 5);
    WANT("t");
    fake_run(&x.fake);
    cr_assert_eq(x.metadata_requests, 1);
}

static void refresh(void)
{
    int before = x.metadata_requests;
    fake_advance(&x.fake, 5000);
    if (x.metadata_requests == before) {
        kh_cluster_refresh(x.cluster, "the test wants it");
        fake_advance(&x.fake, 100);
    }
    cr_assert_gt(x.metadata_requests, before);
}

/* ---- epochs ---- */

KH_TEST(metadata, P06_an_older_epoch_brings_no_old_leader_back)
{
    start();
    x.topics[0] = healthy("t", 7, 4);
    x.topics[0].partitions[0].leader = 2;
    x.topics[0].partitions[1].leader = 1;
    x.topics[0].partitions[1].epoch = 6;
    refresh();
    cr_assert_eq(topic("t")->partitions[0].leader, 1, "epoch 4 after 5");
    cr_assert_eq(topic("t")->partitions[0].leader_epoch, 5);
    cr_assert_eq(topic("t")->partitions[1].leader, 1, "epoch 6 after 5");
    cr_assert_eq(topic("t")->partitions[1].leader_epoch, 6);
    fixture_free(&x);
}

KH_TEST(metadata, row43_a_topic_created_anew_starts_with_its_own_epochs)
{
    start();
    struct kh_uuid old = topic("t")->id;
    x.topics[0] = healthy("t", 9, 0);
    x.topics[0].partition_count = 2;
    x.topics[0].partitions[0].leader = 2;
    refresh();
    cr_assert_eq(topic("t")->partitions[0].leader, 2);
    cr_assert_eq(topic("t")->partitions[0].leader_epoch, 0);
    cr_assert_eq(topic("t")->partition_count, 2);
    cr_assert_null(kh_cluster_topic_by_id(x.cluster, &old));
    cr_assert_eq(kh_cluster_topic_by_id(x.cluster, &topic("t")->id), topic("t"));
    fixture_free(&x);
}

KH_TEST(metadata, row40_epochs_before_version_9_are_not_believed)
{
    fixture_init(&x);
    x.metadata_newest = 8;
    x.topics[0] = healthy("t", 0, 5);
    WANT("t");
    fake_run(&x.fake);
    cr_assert_eq(topic("t")->partitions[0].leader_epoch, -1);
    x.topics[0].partitions[0].epoch = 3;
    x.topics[0].partitions[0].leader = 2;
    refresh();
    cr_assert_eq(topic("t")->partitions[0].leader, 2);
    fixture_free(&x);
}

KH_TEST(metadata, P06_a_newer_leader_may_be_learnt_from_an_answer)
{
    start();
    kh_cluster_learn_leader(x.cluster, KH_STRING("t"), 0, 2, 5);
    cr_assert_eq(topic("t")->partitions[0].leader, 1, "the same epoch says nothing new");
    kh_cluster_learn_leader(x.cluster, KH_STRING("t"), 0, 2, 6);
    cr_assert_eq(topic("t")->partitions[0].leader, 2);
    kh_cluster_learn_leader(x.cluster, KH_STRING("t"), 3, 2, 6);
    kh_cluster_learn_leader(x.cluster, KH_STRING("t"), -1, 2, 6);
    kh_cluster_learn_leader(x.cluster, KH_STRING("u"), 0, 2, 6);
    kh_cluster_learn_leader(x.cluster, KH_STRING("t"), 1, -1, 9);
    cr_assert_eq(topic("t")->partitions[1].leader, 2);
    refresh();
    cr_assert_eq(topic("t")->partitions[0].leader_epoch, 6, "the brokers lag behind");
    fixture_free(&x);
}

KH_TEST(metadata, a_topic_in_error_keeps_what_was_known)
{
    start();
    x.topics[0] = (struct topic_row){.name = "t", .error = KH_KAFKA_LEADER_NOT_AVAILABLE};
    refresh();
    cr_assert_eq(topic("t")->error, KH_KAFKA_LEADER_NOT_AVAILABLE);
    cr_assert_eq(topic("t")->partition_count, 3);
    fixture_free(&x);
}

/* ---- what peers may say ---- */

KH_TEST(metadata, R18_addresses_that_cannot_be_are_refused)
{
    start();
    static const char *const hosts[] = {"", "a b", "a\nb", "\x7f", "h\xc3\xb6st"};
    for (int i = 0; i < 5; i++)
        expect_status(kh_cluster_learn_node(x.cluster, 3, kh_string_of(hosts[i]), 9092),
                      KOHORT_EPROTOCOL);
    expect_status(kh_cluster_learn_node(x.cluster, 3, KH_STRING("h"), 0), KOHORT_EPROTOCOL);
    expect_status(kh_cluster_learn_node(x.cluster, 3, KH_STRING("h"), 65536), KOHORT_EPROTOCOL);
    expect_status(kh_cluster_learn_node(x.cluster, -3, KH_STRING("h"), 9092), KOHORT_EPROTOCOL);
    expect_status(kh_cluster_learn_node(x.cluster, 0, KH_STRING("h"), 9092), 0);
    cr_assert_str_eq(kh_cluster_node(x.cluster, 0)->host, "h");
    cr_assert_null(kh_cluster_node(x.cluster, 0)->rack);
    expect_status(kh_cluster_learn_node(x.cluster, 2, KH_STRING("i"), 1), 0);
    cr_assert_str_eq(kh_cluster_node(x.cluster, 2)->host, "i");
    cr_assert_str_eq(kh_cluster_node(x.cluster, 2)->rack, "rack");

    x.brokers[1].host = "a b";
    refresh();
    cr_assert_not_null(kh_cluster_node(x.cluster, 1));
    cr_assert_null(kh_cluster_node(x.cluster, 2), "passed over");
    cr_assert_null(kh_cluster_node(x.cluster, 0), "the answer replaces all");
    fixture_free(&x);
}

KH_TEST(metadata, partitions_with_impossible_numbers_are_passed_over)
{
    start();
    x.topics[0].partitions[1].index = 1000000000;
    x.topics[0].partitions[2].index = -1;
    refresh();
    cr_assert_eq(topic("t")->partition_count, 3);
    cr_assert_eq(topic("t")->partitions[0].leader, 1);
    cr_assert_eq(topic("t")->partitions[1].leader, -1);
    cr_assert_eq(topic("t")->partitions[1].error, KH_KAFKA_LEADER_NOT_AVAILABLE);
    fixture_free(&x);
}

KH_TEST(metadata, two_topics_with_one_id_go_by_their_names)
{
    fixture_init(&x);
    x.topics[0] = healthy("t", 7, 5);
    x.topics[1] = healthy("u", 7, 5);
    WANT("t");
    WANT("u");
    fake_run(&x.fake);
    cr_assert_eq(kh_cluster_topic_by_id(x.cluster, &topic("t")->id), topic("t"));
    cr_assert(kh_uuid_is_none(&topic("u")->id));
    cr_assert_eq(topic("u")->partition_count, 3);
    UNWANT("u");
    UNWANT("t");
    fixture_free(&x);
}

/* ---- all topics ---- */

static size_t listed(const struct kh_listed_topic **ret_topics)
{
    size_t count;
    return kh_cluster_listing(x.cluster, ret_topics, &count) ? count : SIZE_MAX;
}

KH_TEST(metadata, all_topics_are_asked_for_while_somebody_wants_their_names)
{
    const struct kh_listed_topic *topics;
    start();
    cr_assert_eq(listed(&topics), SIZE_MAX);
    x.topics[1] = healthy("__consumer_offsets", 8, 1);
    x.topics[1].is_internal = true;
    kh_cluster_want_listing(x.cluster);
    fake_advance(&x.fake, 1000);
    cr_assert_str_eq(x.asked_topics, "*");
    cr_assert_eq(listed(&topics), 2);
    cr_assert(kh_string_equal(topics[0].name, KH_STRING("t")));
    cr_assert_not(topics[0].is_internal);
    cr_assert(kh_string_equal(topics[1].name, KH_STRING("__consumer_offsets")));
    cr_assert(topics[1].is_internal);
    cr_assert_eq(topic("t")->partition_count, 3);
    cr_assert_null(kh_cluster_topic(x.cluster, KH_STRING("__consumer_offsets")), "not wanted");

    kh_cluster_unwant_listing(x.cluster);
    cr_assert_eq(listed(&topics), SIZE_MAX);
    refresh();
    cr_assert_str_eq(x.asked_topics, "t");
    fixture_free(&x);
}

/* An answer for all topics says nothing of those that are not. */
KH_TEST(metadata, what_is_wanted_and_not_listed_does_not_exist)
{
    start();
    kh_cluster_want_listing(x.cluster);
    WANT("later");
    fake_advance(&x.fake, 1000);
    cr_assert(topic("later")->known);
    cr_assert_eq(topic("later")->error, KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    cr_assert_eq(topic("t")->error, 0);
    int before = x.metadata_requests;
    fake_advance(&x.fake, 3000);
    cr_assert_gt(x.metadata_requests, before, "it may come any moment");
    x.topics[1] = healthy("later", 9, 1);
    refresh();
    cr_assert_eq(topic("later")->error, 0);
    cr_assert_eq(topic("later")->partition_count, 3);
    x.topics[0] = x.topics[1];
    x.topics[1].name = NULL;
    refresh();
    cr_assert_eq(topic("t")->error, KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION, "deleted");
    kh_cluster_unwant_listing(x.cluster);
    fixture_free(&x);
}

/* ---- as it arrives ---- */

static void give_pieces_of(size_t size)
{
    for (size_t i = 0; i < x.fake.stream_count; i++)
        x.fake.streams[i]->recv_most = size;
}

static void read_in_pieces(int16_t version, size_t size)
{
    const struct kh_node *nodes;
    fixture_init(&x);
    x.metadata_newest = version;
    x.topics[0] = healthy("t", 7, 5);
    WANT("t");
    fake_run(&x.fake);
    give_pieces_of(size);
    WANT("u");
    x.topics[0] = healthy("t", 7, 6);
    x.topics[1] = healthy("u", 8, 2);
    refresh();
    cr_assert_null(strstr(x.fake.log, "cannot be read"), "%s", x.fake.log);
    cr_assert_eq(topic("t")->partitions[2].leader_epoch, version < 9 ? -1 : 6,
                 "version %d, pieces of %zu", version, size);
    cr_assert(topic("u")->known);
    cr_assert_eq(topic("u")->partition_count, 3);
    cr_assert_eq(topic("u")->partitions[2].replica_count, 2);
    cr_assert_eq(kh_cluster_nodes(x.cluster, &nodes), 2);
    fixture_free(&x);
}

KH_TEST(metadata, an_answer_may_come_in_pieces)
{
    for (int16_t version = 8; version <= 13; version++)
        for (size_t size = 1; size <= 64; size++)
            read_in_pieces(version, size);
}

/* Of so many topics; none of them follows, but for so many bytes. */
static void answer_head(size_t topic_count, size_t size)
{
    struct kh_writer w = fake_answer_begin(&x.fake, &x.held);
    kh_write_i32(&w, 0);
    kh_write_array(&w, 0);
    kh_write_nullable_string(&w, KH_STRING("cluster"));
    kh_write_i32(&w, 1);
    kh_write_array(&w, topic_count);
    for (size_t i = 0; i < size; i++)
        kh_write_i8(&w, 0);
    fake_answer_end(&x.held, &w);
    fake_run(&x.fake);
}

KH_TEST(metadata, an_answer_that_lies_is_refused_with_the_reason)
{
    static const struct {
        size_t topics, size;
        const char *reason;
    } lies[] = {{1000, 2, "more items than fit"}, {1, 2, "ends"}, {0, 4, "left over"}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        start();
        x.hold_metadata = true;
        refresh();
        answer_head(lies[i].topics, lies[i].size);
        cr_assert_not_null(strstr(x.fake.log, lies[i].reason), "%s", x.fake.log);
        cr_assert_eq(topic("t")->partitions[0].leader_epoch, 5, "what was known stays");
        fixture_free(&x);
    }
}
