#include "base/check.h"

#ifdef KH_ABORT_ON_CHECK
#include <stdio.h>
#include <stdlib.h>
#endif

bool kh_check_failed(const char *file, int line, const char *what)
{
#ifdef KH_ABORT_ON_CHECK
    fprintf(stderr, "%s:%d: kh_check(%s) failed\n", file, line, what);
    abort();
#else
    (void)file, (void)line, (void)what;
    return false;
#endif
}
