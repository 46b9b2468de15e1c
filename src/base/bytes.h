/* Borrowed views of text and bytes. data NULL is Kafka's null; an empty one has data that is not
 * NULL. */
#ifndef KH_BASE_BYTES_H
#define KH_BASE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct kh_string {
    const char *data; /* not terminated */
    int32_t size;
};

struct kh_bytes {
    const uint8_t *data;
    int32_t size;
};

struct kh_uuid {
    uint8_t bytes[16]; /* all zero: none */
};

/* A literal: KH_STRING("consumer"). */
#define KH_STRING(literal) ((struct kh_string){(literal), (int32_t)sizeof(literal) - 1})

static inline struct kh_string kh_string_of(const char *text)
{
    return (struct kh_string){text, text == NULL ? 0 : (int32_t)strlen(text)};
}

static inline bool kh_string_equal(struct kh_string a, struct kh_string b)
{
    return a.size == b.size && (a.data == NULL) == (b.data == NULL) &&
           (a.size == 0 || memcmp(a.data, b.data, (size_t)a.size) == 0);
}

/* Byte order, as strcmp; null sorts first. */
int kh_string_compare(struct kh_string a, struct kh_string b);

static inline bool kh_uuid_is_none(const struct kh_uuid *id)
{
    static const struct kh_uuid none;
    return memcmp(id, &none, sizeof none) == 0;
}

#endif
