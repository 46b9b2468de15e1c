#include "base/bytes.h"

int kh_string_compare(struct kh_string a, struct kh_string b)
{
    if (a.data == NULL || b.data == NULL)
        return (a.data != NULL) - (b.data != NULL);
    int32_t shorter = a.size < b.size ? a.size : b.size;
    int order = memcmp(a.data, b.data, (size_t)shorter);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}
