/* A regular expression over names of topics: PCRE2's language, which is Perl's and, but for corners
 * (docs/patterns.md), Java's. A name matches as a whole, as with Java's Pattern.matches(). */
#ifndef KH_CONSUMER_PATTERN_H
#define KH_CONSUMER_PATTERN_H

#include "base/bytes.h"
#include "base/heap.h"

struct kh_pattern;

/* 0, KOHORT_ENOMEM, or KOHORT_EINVAL: `problem` (NULL when size is 0) says where and why. The text
 * is copied. */
int kh_pattern_new(struct kh_pattern **ret, struct kh_heap *heap, const char *text, char *problem,
                   size_t size);
void kh_pattern_free(struct kh_pattern *pattern);
const char *kh_pattern_text(const struct kh_pattern *pattern);

/* 1: it does, 0: it does not; KOHORT_ELIMIT: it would take too long to say (a pattern that
 * backtracks without end), KOHORT_ENOMEM. */
int kh_pattern_match(const struct kh_pattern *pattern, struct kh_string name);

#endif
