#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void kh_log_line(const struct kh_log *log, enum kh_log_level level, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    log->write(log->arg, (int)level, line);
}

char *kh_printable(char *out, size_t size, struct kh_string text)
{
    if (text.data == NULL)
        text = KH_STRING("(null)");
    size_t length = (size_t)text.size < size ? (size_t)text.size : size - 1;
    for (size_t i = 0; i < length; i++)
        out[i] = text.data[i] >= ' ' && text.data[i] <= '~' ? text.data[i] : '?';
    out[length] = '\0';
    return out;
}
