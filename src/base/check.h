/* kh_check: for our own mistakes only; never for what a peer sent. Test builds abort with file and
 * line. A release returns KOHORT_EBUG up the stack: the machine that made the mistake fails, the
 * host program lives on. */
#ifndef KH_BASE_CHECK_H
#define KH_BASE_CHECK_H

#include <stdbool.h>

bool kh_check_failed(const char *file, int line, const char *what);

/* True when the condition holds: `if (!kh_check(x)) return KOHORT_EBUG;` */
#define kh_check(condition) ((condition) ? true : kh_check_failed(__FILE__, __LINE__, #condition))

#endif
