/* A blocking socket to the broker at a port of 127.0.0.1, for programs that speak to it by hand. */
#ifndef BENCH_BROKER_SOCKET_H
#define BENCH_BROKER_SOCKET_H

/* Small requests are not held back (TCP_NODELAY). -1: nobody listens there. */
int bench_connect(const char *port);

#endif
