/* Records as text: by a format as kcat's, or as JSON. */
#ifndef FORMAT_H
#define FORMAT_H

#include <kohort/kohort.h>

/* Text that grows; `failed` once memory ran out. */
struct text {
    char *data;
    size_t size, capacity;
    bool failed;
};

void text_append(struct text *text, const void *data, size_t size);

/* format NULL: the value and a newline. */
void format_record(struct text *text, const char *format, const char *topic, int32_t partition,
                   const kohort_record *record);
void format_json(struct text *text, const char *topic, int32_t partition,
                 const kohort_record *record);

#endif
