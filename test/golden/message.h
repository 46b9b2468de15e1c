/* A request or response under check. */
#ifndef TEST_GOLDEN_MESSAGE_H
#define TEST_GOLDEN_MESSAGE_H

#include "golden.h"

#include "protocol/api.h"

struct message {
    const struct schema *schema;
    const struct kh_api_info *info;
    enum kh_api api;
    int version;
    struct kh_arena arena; /* of what was read last */
    void *value;           /* the library's struct */
    const char *wrong;     /* after a refusal, and where in the vector's bytes */
    size_t wrong_at;
};

/* False when this API or version is not spoken; that was said. */
bool message_begin(struct golden *g, struct message *m, enum schema_kind kind);
void message_end(struct golden *g, struct message *m);
/* What both kinds have in common: the value is read, or refused where Kafka refuses it, and no
 * prefix of data[0..size) is read. True when there is a value to go on with. */
bool message_read(struct golden *g, struct message *m, uint8_t *data, size_t size,
                  reads *reads_all);
/* The writer is initialized here, and the caller's to free. */
void message_encode_by_table(struct golden *g, const struct message *m, int version,
                             struct kh_writer *w);

#endif
