/* Blocking sockets, for programs that speak Kafka's protocol by hand: to the broker at a port of
 * 127.0.0.1, or as such a broker. */
#ifndef BENCH_BROKER_SOCKET_H
#define BENCH_BROKER_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Small requests are not held back (TCP_NODELAY). -1: nobody listens there. */
int bench_connect(const char *port);
/* false: the other side has gone. */
bool bench_send_all(int fd, const uint8_t *data, size_t size);

#endif
