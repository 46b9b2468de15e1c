/* Where two JSON values first differ. */
#ifndef TEST_SUPPORT_JSON_DIFFERENCE_H
#define TEST_SUPPORT_JSON_DIFFERENCE_H

#include <jansson.h>
#include <stdbool.h>

/* `text` says it whole: "topics[1].name: "a" here, "b" expected". */
struct json_difference {
    char path[192];
    char text[640];
};
/* False when they are equal. Order counts in arrays, not among an object's fields. */
bool json_differs(json_t *here, json_t *expected, struct json_difference *ret);

#endif
