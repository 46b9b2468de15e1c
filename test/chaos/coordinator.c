#include "chaos/coordinator.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { HEAD = 4 + 2 + 2 + 4 + 2, GROUP_MAX = 200, ANSWER_MIN = 4 + 4 + 2 + 4, ANSWER_MAX = 512 };

static int connect_to(const char *address)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 1};
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    peer.sin_port = htons((uint16_t)strtol(strchr(address, ':') + 1, NULL, 10));
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(file, (struct sockaddr *)&peer, sizeof peer) == 0)
        return file;
    close(file);
    return -1;
}

/* Version 0: the length, API 10, the version, a correlation id, no client id, the group. */
static bool send_request(int file, const char *group)
{
    uint8_t frame[HEAD + 2 + GROUP_MAX] = {[5] = 10, [HEAD - 2] = 0xff, [HEAD - 1] = 0xff};
    size_t length = strlen(group), size = HEAD + 2 + length;
    if (length > GROUP_MAX)
        return false;
    frame[3] = (uint8_t)(size - 4);
    frame[HEAD + 1] = (uint8_t)length;
    memcpy(frame + HEAD + 2, group, length);
    return send(file, frame, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* The length, the correlation id, the error, the node. */
static int read_answer(int file)
{
    uint8_t answer[ANSWER_MAX];
    uint32_t node = 0;
    size_t size = 0;
    while (size < ANSWER_MIN) {
        ssize_t received = recv(file, answer + size, sizeof answer - size, 0);
        if (received <= 0)
            return -1;
        size += (size_t)received;
    }
    for (size_t i = 10; i < ANSWER_MIN; i++)
        node = node << 8 | answer[i];
    return answer[8] == 0 && answer[9] == 0 ? (int)(int32_t)node : -1;
}

int chaos_ask_coordinator(const char *address, const char *group)
{
    int file = connect_to(address), node = -1;
    if (file < 0)
        return -1;
    if (send_request(file, group))
        node = read_answer(file);
    close(file);
    return node;
}
