#include "report.h"

#include <stdio.h>
#include <sys/time.h>

void report(const char *name, json_t *fields)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    json_t *event =
        json_pack("{sI ss}", "timestamp",
                  (json_int_t)now.tv_sec * 1000 + (json_int_t)now.tv_usec / 1000, "name", name);
    if (fields != NULL)
        json_object_update(event, fields);
    json_decref(fields);
    char *line = json_dumps(event, JSON_COMPACT);
    printf("%s\n", line);
    fflush(stdout);
    free(line);
    json_decref(event);
}

json_t *report_partitions(const kohort_partitions *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < kohort_partitions_count(list); i++) {
        const kohort_partition *p = kohort_partitions_at(list, i);
        json_array_append_new(array, json_pack("{ss si}", "topic", kohort_partition_topic(p),
                                               "partition", (int)kohort_partition_number(p)));
    }
    return array;
}

/* What is no UTF-8 is shown as none. */
static json_t *text_of(kohort_bytes bytes)
{
    json_t *text = bytes.data == NULL ? NULL : json_stringn(bytes.data, (size_t)bytes.size);
    return text == NULL ? json_null() : text;
}

void report_record(const kohort_partition *p, const kohort_record *record)
{
    report("record_data",
           json_pack("{ss si so so sI}", "topic", kohort_partition_topic(p), "partition",
                     (int)kohort_partition_number(p), "key", text_of(record->key), "value",
                     text_of(record->value), "offset", (json_int_t)record->offset));
}
