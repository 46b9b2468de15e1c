#include "support/live/process.h"

#include "support/live/live.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

static size_t count_entries(const char *path, bool (*wanted)(const char *name))
{
    size_t count = 0;
    DIR *directory = opendir(path);
    cr_assert_not_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.' && (wanted == NULL || wanted(entry->d_name));
    closedir(directory);
    return count;
}

static bool is_socket(const char *name)
{
    struct stat status;
    return fstat((int)strtol(name, NULL, 10), &status) == 0 && S_ISSOCK(status.st_mode);
}

size_t process_sockets(void)
{
    return count_entries("/proc/self/fd", is_socket);
}

size_t process_descriptors(void)
{
    return count_entries("/proc/self/fd", NULL);
}

size_t process_threads(void)
{
    return count_entries("/proc/self/task", NULL);
}
