/* Reads the text of a Java properties file (java.util.Properties: "name=value", "name: value", #
 * and ! comments, a backslash continues a line), so that an existing client.properties works as it
 * is. */
#include "consumer/options.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_SIZE = 8192 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

/* Copies one logical line, continuations joined, into `line`. Returns how much of the text it took;
 * line[0] is 0 for a blank line or a comment. SIZE_MAX: the line is too long. */
static size_t take_line(const char *text, size_t size, char *line)
{
    size_t at = 0, out = 0;
    bool start = true;
    while (at < size && text[at] != '\n') {
        char c = text[at++];
        if (start && is_blank(c))
            continue;
        start = false;
        if (c == '\r')
            continue;
        if (c == '\\' && at < size) {
            c = text[at++];
            if (c == '\r' && at < size && text[at] == '\n')
                c = text[at++];
            if (c == '\n') {
                start = true; /* Leading blanks of the continuation do not count. */
                continue;
            }
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        if (out + 1 >= LINE_MAX_SIZE)
            return SIZE_MAX;
        line[out++] = c;
    }
    line[out] = '\0';
    if (line[0] == '#' || line[0] == '!')
        line[0] = '\0';
    return at < size ? at + 1 : at;
}

static int set_line(kohort_options *o, char *line)
{
    size_t name_end = strcspn(line, "=: \t");
    char *value = line + name_end;
    while (is_blank(*value))
        value++;
    if (*value == '=' || *value == ':')
        value++;
    while (is_blank(*value))
        value++;
    line[name_end] = '\0';
    if (kh_option_is_java_only(line))
        return 0;
    return kohort_options_set(o, line, value);
}

int kohort_options_set_properties(kohort_options *o, const char *text, size_t size)
{
    char line[LINE_MAX_SIZE];
    int status = 0;
    kh_options_forget_problem(o);
    for (size_t at = 0, number = 1; at < size && status == 0; number++) {
        size_t taken = take_line(text + at, size - at, line);
        if (taken == SIZE_MAX) {
            kh_options_complain(o, "line %zu: longer than %d bytes", number, LINE_MAX_SIZE);
            return KOHORT_EINVAL;
        }
        at += taken;
        if (line[0] != '\0')
            status = set_line(o, line);
    }
    return status;
}
