#include "consumer/topic_name.h"

#include <string.h>

bool kh_topic_name_valid(const char *name)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t size = name == NULL ? 0 : strlen(name);
    return size > 0 && size <= KH_TOPIC_NAME_MAX && strspn(name, legal) == size &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}
