/* librdkafka beside the floor: the same job as consume.c. Its quickest way to records: arrays of
 * messages from the consumer's queue. Its defaults, and checksums, which kohort checks too.
 *
 *   rdkafka PORT RECORDS [NAME=VALUE ...] */
#include "report.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE = 1000 };

static void give_up(const char *why)
{
    fprintf(stderr, "rdkafka: %s\n", why);
    exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char problem[256];

    if (rd_kafka_conf_set(conf, name, value, problem, sizeof problem) != RD_KAFKA_CONF_OK)
        give_up(problem);
}

static rd_kafka_conf_t *configure(int argc, char **argv)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char servers[64];

    snprintf(servers, sizeof servers, "127.0.0.1:%s", argv[1]);
    set(conf, "bootstrap.servers", servers);
    set(conf, "group.id", "bench");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "check.crcs", "true");
    for (int i = 3; i < argc; i++) {
        char *equals = strchr(argv[i], '=');

        if (equals == NULL)
            give_up("options are NAME=VALUE");
        *equals = '\0';
        set(conf, argv[i], equals + 1);
    }
    return conf;
}

static rd_kafka_t *subscribe(rd_kafka_conf_t *conf)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    char problem[256];
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof problem);

    if (rk == NULL)
        give_up(problem);
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_add(topics, "bench", RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(rk, topics) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("cannot subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
    return rk;
}

int main(int argc, char **argv)
{
    static rd_kafka_message_t *messages[SLICE];
    uint64_t wanted, records = 0, bytes = 0;
    struct bench_report report;
    rd_kafka_queue_t *queue;
    rd_kafka_t *rk;

    if (argc < 3)
        give_up("usage: rdkafka PORT RECORDS [NAME=VALUE ...]");
    wanted = strtoull(argv[2], NULL, 10);
    bench_begin(&report, "librdkafka", wanted);
    rk = subscribe(configure(argc, argv));
    queue = rd_kafka_queue_get_consumer(rk);
    while (records < wanted) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, 100, messages, SLICE);

        if (count < 0)
            give_up("cannot consume");
        for (ssize_t i = 0; i < count; i++) {
            if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                bytes += messages[i]->key_len + messages[i]->len;
                records++;
            }
            rd_kafka_message_destroy(messages[i]);
        }
        bench_read(&report, records);
    }
    bench_end(&report, records, bytes);
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return 0;
}
