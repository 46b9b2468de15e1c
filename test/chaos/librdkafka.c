/* The same with librdkafka: a stranger in the groups of chaos tests. Each message is written down,
 * and only then may its offset be committed: it loses nothing by itself.
 *
 *   chaos-librdkafka DIARY TOPIC SEED [NAME=VALUE ...]
 *
 * SIGTERM: it leaves. */
#include "chaos/diary.h"

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 100 };

static volatile sig_atomic_t terminated;

static void on_signal(int number)
{
    (void)number;
    terminated = 1;
}

static void give_up(const char *why)
{
    fprintf(stderr, "chaos-librdkafka: %s\n", why);
    exit(EXIT_FAILURE);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char problem[256];
    if (rd_kafka_conf_set(conf, name, value, problem, sizeof problem) != RD_KAFKA_CONF_OK)
        give_up(problem);
}

static void tell_each(const char *event, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; list != NULL && i < list->cnt; i++)
        diary_write(event, -1, list->elems[i].partition, -1, -1);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t error,
                         rd_kafka_topic_partition_list_t *list, void *user)
{
    (void)user;
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        tell_each("assigned", list);
        rd_kafka_error_destroy(rd_kafka_incremental_assign(rk, list));
    } else {
        tell_each(rd_kafka_assignment_lost(rk) ? "lost" : "revoked", list);
        rd_kafka_error_destroy(rd_kafka_incremental_unassign(rk, list));
    }
}

static void on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t error,
                      rd_kafka_topic_partition_list_t *list, void *user)
{
    (void)rk;
    (void)user;
    for (int i = 0; error == RD_KAFKA_RESP_ERR_NO_ERROR && list != NULL && i < list->cnt; i++)
        if (list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR && list->elems[i].offset >= 0)
            diary_write("committed", -1, list->elems[i].partition, -1, list->elems[i].offset);
}

static rd_kafka_conf_t *configure(char **texts, int count)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (int i = 0; i < count; i++) {
        char *value = strchr(texts[i], '=');
        if (value == NULL)
            give_up("options are NAME=VALUE");
        *value++ = '\0';
        set(conf, texts[i], value);
    }
    set(conf, "enable.auto.offset.store", "false");
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
    return conf;
}

static rd_kafka_t *start(rd_kafka_conf_t *conf, const char *topic)
{
    char problem[256];
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof problem);
    if (rk == NULL)
        give_up(problem);
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(rk, topics) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("cannot subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
    return rk;
}

static void work(rd_kafka_t *rk, const char *topic, const rd_kafka_message_t *message)
{
    rd_kafka_topic_partition_list_t *done = rd_kafka_topic_partition_list_new(1);
    int32_t partition = message->partition;
    if (!diary_is_stamp(message->payload, (int64_t)message->len, partition, message->offset))
        diary_write("damaged", -1, partition, -1, message->offset);
    diary_write("records", -1, partition, message->offset, message->offset);
    diary_write("acked", -1, partition, message->offset, message->offset);
    rd_kafka_topic_partition_list_add(done, topic, partition)->offset = message->offset + 1;
    rd_kafka_offsets_store(rk, done);
    rd_kafka_topic_partition_list_destroy(done);
}

int main(int count, char **texts)
{
    if (count < 4 || diary_open(texts[1]) != 0)
        give_up("usage: chaos-librdkafka DIARY TOPIC SEED [NAME=VALUE ...]");
    signal(SIGTERM, on_signal);
    rd_kafka_t *rk = start(configure(texts + 4, count - 4), texts[2]);
    while (!terminated) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, POLL_MS);
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            work(rk, texts[2], message);
        if (message != NULL)
            rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    diary_write("ended", -1, -1, -1, -1);
    return EXIT_SUCCESS;
}
