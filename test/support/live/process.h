/* What this process holds open, as the kernel counts it. */
#ifndef TEST_SUPPORT_LIVE_PROCESS_H
#define TEST_SUPPORT_LIVE_PROCESS_H

#include <stddef.h>

size_t process_sockets(void);
size_t process_descriptors(void);
size_t process_threads(void);

#endif
