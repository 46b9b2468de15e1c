/* Pages of docs/ that are made from tables of the code: a program makes each page and compares it
 * with the one in the tree, or writes it there. */
#ifndef TEST_SUPPORT_PAGE_H
#define TEST_SUPPORT_PAGE_H

#include <stdbool.h>
#include <stdio.h>

enum { PAGE_MAX = 1 << 17 };

/* `page` has room for PAGE_MAX. */
void page_add(char *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Empty when there is none. */
void page_read(char *page, const char *path);
/* Compares and says so in TAP; with `write` puts must_be there instead. 0 when all is well. */
int page_settle(const char *name, const char *path, const char *is, const char *must_be,
                bool write);

#endif
