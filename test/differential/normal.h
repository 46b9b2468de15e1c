/* What may differ between the model and Kafka made the same: ids that are made up, addresses,
 * times. What is left must be equal, or is explained. */
#ifndef TEST_DIFFERENTIAL_NORMAL_H
#define TEST_DIFFERENTIAL_NORMAL_H

#include "differential/side.h"

/* Member ids become "<member 1>" by the order in which they were given out, and so on. Lists are
 * sorted, but for those of Fetch, whose order matters (KIP-74). */
void normalise(const struct side *side, enum kh_api api, json_t *json);

/* Explained differences, by the names that test/differential/README.md has. */
enum { EXPLAINED_MAX = 8 };
/* Makes equal what an explanation covers, in both. */
void explain(enum kh_api api, json_t *model, json_t *broker);
/* Whether both have made leaders that Kafka takes from a hash table of member ids: the one that was
 * has gone, or has not joined. The two go different ways from there. */
bool explain_leader(const json_t *model, const json_t *broker, const char *leader_before);
/* By index; NULL: there are no more. */
const char *explained_name(size_t index);
size_t explained_count(size_t index); /* how often it was needed */

#endif
