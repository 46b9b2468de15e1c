/* kh_check as a developer builds it and as it is packaged: this file is built with both. */
#include "base/check.h"

#include "support/test.h"

#include <signal.h>

KH_TEST(check, passes_what_holds)
{
    cr_assert(kh_check(1 + 1 == 2));
}

#ifdef KH_ABORT_ON_CHECK
Test(check, stops_at_a_mistake, .signal = SIGABRT)
{
    (void)kh_check(1 + 1 == 3);
}
#else
KH_TEST(check, returns_false_at_a_mistake)
{
    cr_assert_not(kh_check(1 + 1 == 3));
}
#endif
