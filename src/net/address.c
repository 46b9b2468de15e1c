#include "net/platform.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Only digits: an interface by name ("%eth0") is the resolver's to read. */
static bool parse_scope(const char *text, uint32_t *ret_scope_id)
{
    uint64_t scope_id = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        scope_id = scope_id * 10 + (uint64_t)(*text - '0');
        if (scope_id > UINT32_MAX)
            return false;
    }
    *ret_scope_id = (uint32_t)scope_id;
    return true;
}

bool kh_address_parse(const char *host, uint16_t port, struct kh_address *ret_address)
{
    struct kh_address address = {.port = port};
    if (inet_pton(AF_INET, host, address.bytes) == 1) {
        *ret_address = address;
        return true;
    }
    char digits[INET6_ADDRSTRLEN];
    size_t size = strcspn(host, "%");
    if (size >= sizeof digits)
        return false;
    memcpy(digits, host, size);
    digits[size] = '\0';
    if (inet_pton(AF_INET6, digits, address.bytes) != 1)
        return false;
    if (host[size] == '%' && !parse_scope(host + size + 1, &address.scope_id))
        return false;
    address.ipv6 = true;
    *ret_address = address;
    return true;
}

char *kh_address_text(const struct kh_address *address, char *out, size_t size)
{
    char digits[INET6_ADDRSTRLEN];
    inet_ntop(address->ipv6 ? AF_INET6 : AF_INET, address->bytes, digits, sizeof digits);
    if (!address->ipv6)
        snprintf(out, size, "%s:%u", digits, address->port);
    else if (address->scope_id == 0)
        snprintf(out, size, "[%s]:%u", digits, address->port);
    else
        snprintf(out, size, "[%s%%%u]:%u", digits, address->scope_id, address->port);
    return out;
}
