/* Memory that is kept for reuse looks alive to AddressSanitizer. Poisoned, a use after release is
 * found as if it had been freed. Without the sanitizer these are nothing. */
#ifndef KH_BASE_POISON_H
#define KH_BASE_POISON_H

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KH_POISON 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define KH_POISON 1
#endif

#ifdef KH_POISON
#include <sanitizer/asan_interface.h>
#endif

static inline void kh_poison(const void *memory, size_t size)
{
#ifdef KH_POISON
    ASAN_POISON_MEMORY_REGION(memory, size);
#else
    (void)memory, (void)size;
#endif
}

static inline void kh_unpoison(const void *memory, size_t size)
{
#ifdef KH_POISON
    ASAN_UNPOISON_MEMORY_REGION(memory, size);
#else
    (void)memory, (void)size;
#endif
}

#endif
