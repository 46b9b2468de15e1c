#include "schema/base64.h"

#include <stdlib.h>

/* Writes the letters that hold size <= 3 bytes; returns how many: one more than the bytes. */
static size_t put_group(char *out, const char *alphabet, const uint8_t *data, size_t size)
{
    unsigned bits = 0;

    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < size ? data[i] : 0);
    for (size_t i = 0; i <= size; i++)
        out[i] = alphabet[bits >> (18 - 6 * i) & 63];
    return size + 1;
}

static size_t encode(char *out, const char *alphabet, const uint8_t *data, size_t size)
{
    size_t letters = 0;

    for (size_t at = 0; at < size; at += 3)
        letters += put_group(out + letters, alphabet, data + at, size - at < 3 ? size - at : 3);
    return letters;
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

json_t *base64_json(struct kh_bytes bytes)
{
    if (bytes.data == NULL)
        return json_null();
    size_t size = (size_t)bytes.size;
    char *text = malloc(size / 3 * 4 + 5);
    if (text == NULL)
        return NULL;
    size_t letters = encode(text, LETTERS "+/", bytes.data, size);
    while (letters % 4 != 0)
        text[letters++] = '=';
    json_t *json = json_stringn(text, letters);
    free(text);
    return json;
}

json_t *base64_json_uuid(const struct kh_uuid *id)
{
    char text[24];

    return json_stringn(text, encode(text, LETTERS "-_", id->bytes, sizeof id->bytes));
}
