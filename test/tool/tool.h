/* The tool `kohort` run on a file of bytes, and Kafka's own messages to run it on. */
#ifndef TEST_TOOL_TOOL_H
#define TEST_TOOL_TOOL_H

#include "schema/schema.h"

#include <jansson.h>

struct run {
    int exit_code;
    json_t *lines; /* of stdout: an array */
    char *err;     /* stderr */
};

/* `arguments` go before the file, which holds the bytes. Fails the test when the program crashes, a
 * sanitizer speaks, or a line is not JSON. The program is KOHORT_TEST_TOOL. */
void run_tool(struct run *run, const char *arguments, const void *bytes, size_t size);
void run_free(struct run *run);
json_t *run_line(const struct run *run, size_t number);
const char *text_of(json_t *object, const char *name);

/* A golden vector that went both ways. Views are its line's. */
struct golden_message {
    json_t *line;
    const char *api, *hex;
    json_t *value;
    int version;
    int16_t key;
    enum schema_kind kind;
};

/* Calls `each` for those of one file of GOLDEN_DIR. */
void golden_each(const char *file, void (*each)(const struct golden_message *m, void *arg),
                 void *arg);
/* Fails unless `shown` is what `kohort decode` shows of the message: its value, payloads cut. */
void expect_shown(json_t *shown, json_t *value, const char *what);

#endif
