/* The headers of a record: checked once when the record is read, walked later by
 * kohort_header_next. */
#ifndef KH_PROTOCOL_RECORD_HEADERS_H
#define KH_PROTOCOL_RECORD_HEADERS_H

#include <stdint.h>

/* Where `count` headers that start at `at` end; NULL with *ret_wrong when they do not fit. */
const uint8_t *kh_record_headers_check(const uint8_t *at, const uint8_t *end, int32_t count,
                                       const char **ret_wrong);

#endif
