/* The application's assignor as one of ours. */
#ifndef KH_ASSIGNORS_CUSTOM_H
#define KH_ASSIGNORS_CUSTOM_H

#include "assignors/assignor.h"

#include <kohort/assignor.h>

/* `custom` must outlive it. */
struct kh_assignor kh_assignor_custom(const kohort_assignor *custom);

#endif
