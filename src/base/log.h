/* Log lines for the host's sink. Formatting happens only when the level is wanted. Text from the
 * wire goes through kh_printable first. */
#ifndef KH_BASE_LOG_H
#define KH_BASE_LOG_H

#include "base/bytes.h"

#include <stddef.h>

enum kh_log_level { KH_LOG_ERROR, KH_LOG_WARNING, KH_LOG_INFO, KH_LOG_DEBUG, KH_LOG_TRACE };

struct kh_log {
    void (*write)(void *arg, int level,
                  const char *line); /* NULL: silence. The line has no end-of-line. */
    void *arg;
    enum kh_log_level level; /* lines above are not made */
};

static inline int kh_log_wants(const struct kh_log *log, enum kh_log_level level)
{
    return log->write != NULL && level <= log->level;
}

void kh_log_line(const struct kh_log *log, enum kh_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define kh_log(log, level, ...)                                                                    \
    do {                                                                                           \
        if (kh_log_wants((log), (level)))                                                          \
            kh_log_line((log), (level), __VA_ARGS__);                                              \
    } while (0)

/* Wire text made harmless for logs and errors: control characters and non-ASCII bytes become '?',
 * what is longer than fits is cut. Returns `out`, always terminated; null is "(null)". */
char *kh_printable(char *out, size_t size, struct kh_string text);

#endif
