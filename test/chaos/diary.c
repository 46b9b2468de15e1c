#include "chaos/diary.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int file = -1;

int diary_open(const char *path)
{
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return file < 0 ? -1 : 0;
}

static int add(char *line, size_t size, int used, const char *name, int64_t value)
{
    if (value == -1)
        return used;
    return used + snprintf(line + used, size - (size_t)used, ",\"%s\":%" PRId64, name, value);
}

void diary_write(const char *event, int32_t generation, int32_t partition, int64_t first,
                 int64_t last)
{
    char line[256];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int used = snprintf(line, sizeof line, "{\"at_us\":%" PRId64 ",\"event\":\"%s\"",
                        (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, event);
    used = add(line, sizeof line, used, "generation", generation);
    used = add(line, sizeof line, used, "partition", partition);
    used = add(line, sizeof line, used, "first", first);
    used = add(line, sizeof line, used, "last", last);
    used += snprintf(line + used, sizeof line - (size_t)used, "}\n");
    if (write(file, line, (size_t)used) != used)
        perror("diary");
}

bool diary_is_stamp(const void *value, int64_t size, int32_t partition, int64_t offset)
{
    char stamp[48];
    int length = snprintf(stamp, sizeof stamp, "p%" PRId32 "-%" PRId64, partition, offset);
    return size >= length && memcmp(value, stamp, (size_t)length) == 0 &&
           (size == length || ((const char *)value)[length] == '.');
}
