#include "format.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_append(struct text *text, const void *data, size_t size)
{
    if (text->failed || size == 0)
        return;
    if (text->capacity - text->size < size) {
        size_t capacity = text->capacity == 0 ? 64 * 1024 : text->capacity;
        while (capacity - text->size < size)
            capacity *= 2;
        char *grown = realloc(text->data, capacity);
        if (grown == NULL) {
            text->failed = true;
            return;
        }
        text->data = grown;
        text->capacity = capacity;
    }
    memcpy(text->data + text->size, data, size);
    text->size += size;
}

static void append_number(struct text *text, int64_t number)
{
    char digits[32];
    text_append(text, digits, (size_t)snprintf(digits, sizeof digits, "%" PRId64, number));
}

static void append_bytes(struct text *text, kohort_bytes bytes)
{
    if (bytes.data != NULL)
        text_append(text, bytes.data, (size_t)bytes.size);
}

static int64_t size_of(kohort_bytes bytes)
{
    return bytes.data == NULL ? -1 : bytes.size; /* As kcat: -1 tells null from empty. */
}

static void append_headers(struct text *text, const kohort_record *record)
{
    const void *next = record->headers;
    for (uint32_t i = 0; i < record->header_count; i++) {
        kohort_bytes key, value;
        kohort_header_next(&next, &key, &value);
        if (i > 0)
            text_append(text, ",", 1);
        append_bytes(text, key);
        text_append(text, "=", 1);
        append_bytes(text, value);
    }
}

static void append_field(struct text *text, char field, const char *topic, int32_t partition,
                         const kohort_record *record)
{
    switch (field) {
    case 's':
        append_bytes(text, record->value);
        break;
    case 'k':
        append_bytes(text, record->key);
        break;
    case 'S':
        append_number(text, size_of(record->value));
        break;
    case 'K':
        append_number(text, size_of(record->key));
        break;
    case 't':
        text_append(text, topic, strlen(topic));
        break;
    case 'p':
        append_number(text, partition);
        break;
    case 'o':
        append_number(text, record->offset);
        break;
    case 'T':
        append_number(text, record->timestamp_ms);
        break;
    case 'h':
        append_headers(text, record);
        break;
    default:
        text_append(text, &field, 1);
        break;
    }
}

/* What follows a backslash. Returns how many characters it took. */
static size_t append_escape(struct text *text, const char *at)
{
    static const char letters[] = "ntr0\\", bytes[] = "\n\t\r\0\\";
    const char *letter = *at == '\0' ? NULL : strchr(letters, *at);
    if (letter != NULL) {
        text_append(text, &bytes[letter - letters], 1);
        return 1;
    }
    if (*at == 'x' && at[1] != '\0' && at[2] != '\0') {
        char digits[3] = {at[1], at[2], '\0'};
        char byte = (char)strtol(digits, NULL, 16);
        text_append(text, &byte, 1);
        return 3;
    }
    text_append(text, "\\", 1);
    return 0;
}

void format_record(struct text *text, const char *format, const char *topic, int32_t partition,
                   const kohort_record *record)
{
    if (format == NULL) {
        append_bytes(text, record->value);
        text_append(text, "\n", 1);
        return;
    }
    for (const char *at = format; *at != '\0';) {
        size_t plain = strcspn(at, "%\\");
        text_append(text, at, plain);
        at += plain;
        if (*at == '%' && at[1] != '\0') {
            append_field(text, at[1], topic, partition, record);
            at += 2;
        } else if (*at == '\\') {
            at += 1 + append_escape(text, at + 1);
        } else if (*at != '\0') {
            text_append(text, at++, 1);
        }
    }
}

/* A JSON string must be UTF-8: other bytes are shown as U+FFFD, one each. */
static json_t *json_bytes(kohort_bytes bytes)
{
    if (bytes.data == NULL)
        return json_null();
    json_t *string = json_stringn(bytes.data, (size_t)bytes.size);
    if (string != NULL)
        return string;
    struct text mended = {0};
    const unsigned char *data = bytes.data;
    for (int32_t i = 0; i < bytes.size; i++) {
        if (data[i] < 0x80)
            text_append(&mended, &data[i], 1);
        else
            text_append(&mended, "\xEF\xBF\xBD", 3);
    }
    string = json_stringn(mended.data, mended.size);
    free(mended.data);
    return string;
}

static json_t *json_headers(const kohort_record *record)
{
    json_t *headers = json_array();
    const void *next = record->headers;
    for (uint32_t i = 0; i < record->header_count; i++) {
        kohort_bytes key, value;
        kohort_header_next(&next, &key, &value);
        json_array_append_new(headers, json_bytes(key));
        json_array_append_new(headers, json_bytes(value));
    }
    return headers;
}

static int append_dump(const char *data, size_t size, void *arg)
{
    text_append(arg, data, size);
    return 0;
}

void format_json(struct text *text, const char *topic, int32_t partition,
                 const kohort_record *record)
{
    json_t *object =
        json_pack("{s:s, s:i, s:I, s:I}", "topic", topic, "partition", (int)partition, "offset",
                  (json_int_t)record->offset, "ts", (json_int_t)record->timestamp_ms);
    if (object == NULL) {
        text->failed = true;
        return;
    }
    if (record->header_count > 0)
        json_object_set_new(object, "headers", json_headers(record));
    json_object_set_new(object, "key", json_bytes(record->key));
    json_object_set_new(object, "payload", json_bytes(record->value));
    json_dump_callback(object, append_dump, text, JSON_COMPACT);
    json_decref(object);
    text_append(text, "\n", 1);
}
