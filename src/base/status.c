#include "base/status.h"

#include <stddef.h>

static const struct {
    int value;
    const char *name, *text;
} statuses[] = {{KOHORT_OK, "OK", "success"},
#define STATUS(name, value, text) {(value), #name, (text)},
                KOHORT_STATUS_MAP(STATUS)
#undef STATUS
};

struct kafka_error {
    int16_t code;
    bool retriable, stale_metadata;
    const char *name, *text;
};

/* Sorted by code, as the header's table is; the unit test holds it to that. */
static const struct kafka_error kafka_errors[] = {
#define KAFKA_ERROR(name, code, retriable, stale_metadata, meaning)                                \
    {(code), (retriable), (stale_metadata), #name, (meaning)},
    KH_KAFKA_ERRORS(KAFKA_ERROR)
#undef KAFKA_ERROR
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *kh_status_text(int status)
{
    for (size_t i = 0; i < COUNT(statuses); i++)
        if (statuses[i].value == status)
            return statuses[i].text;
    return "an unknown status";
}

const char *kh_status_name(int status)
{
    for (size_t i = 0; i < COUNT(statuses); i++)
        if (statuses[i].value == status)
            return statuses[i].name;
    return "UNKNOWN";
}

/* A code that Kafka adds after us is not retriable: Errors.forCode makes it UNKNOWN_SERVER_ERROR,
 * which is not either. */
static const struct kafka_error *find(int16_t code)
{
    static const struct kafka_error unknown = {
        .name = "UNKNOWN_ERROR_CODE",
        .text = "an error code that this version of kohort does not know",
    };
    size_t low = 0, high = COUNT(kafka_errors);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (kafka_errors[middle].code == code)
            return &kafka_errors[middle];
        if (kafka_errors[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return &unknown;
}

const char *kh_kafka_error_name(int16_t code)
{
    return find(code)->name;
}

const char *kh_kafka_error_text(int16_t code)
{
    return find(code)->text;
}

bool kh_kafka_error_retriable(int16_t code)
{
    return find(code)->retriable;
}

bool kh_kafka_error_stale_metadata(int16_t code)
{
    return find(code)->stale_metadata;
}
