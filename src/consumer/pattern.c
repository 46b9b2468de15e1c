#include "consumer/pattern.h"

#include "base/status.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <string.h>

/* Of one name, which has at most 249 characters: what is sane needs hundreds of steps. */
enum { STEPS_MAX = 100000, MATCH_KIB_MAX = 1024 };

struct kh_pattern {
    struct kh_heap *heap;
    char *text;
    pcre2_general_context *general;
    pcre2_match_context *limits;
    pcre2_code *code;
    pcre2_match_data *data;
};

static void *allocate(PCRE2_SIZE size, void *heap)
{
    return kh_alloc(heap, size);
}

static void release(void *memory, void *heap)
{
    kh_free(heap, memory);
}

static int complain(char *problem, size_t size, const char *text, int code, size_t position)
{
    char reason[160];
    if (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)
        return KOHORT_ENOMEM;
    pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
    snprintf(problem, size, "the pattern \"%s\" is wrong at position %zu: %s", text, position,
             reason);
    return KOHORT_EINVAL;
}

/* Names are ASCII: bytes are characters. */
static int compile(struct kh_pattern *p, char *problem, size_t size)
{
    int code;
    PCRE2_SIZE position;
    pcre2_compile_context *context = pcre2_compile_context_create(p->general);
    if (context == NULL)
        return KOHORT_ENOMEM;
    p->code = pcre2_compile((PCRE2_SPTR)p->text, PCRE2_ZERO_TERMINATED,
                            PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_UTF |
                                PCRE2_NEVER_BACKSLASH_C,
                            &code, &position, context);
    pcre2_compile_context_free(context);
    return p->code != NULL ? 0 : complain(problem, size, p->text, code, position);
}

static int build(struct kh_pattern *p, const char *text, char *problem, size_t size)
{
    p->text = kh_copy_text(p->heap, text, strlen(text));
    p->general = pcre2_general_context_create(allocate, release, p->heap);
    if (p->text == NULL || p->general == NULL)
        return KOHORT_ENOMEM;
    int status = compile(p, problem, size);
    if (status != 0)
        return status;
    p->limits = pcre2_match_context_create(p->general);
    p->data = pcre2_match_data_create(1, p->general);
    if (p->limits == NULL || p->data == NULL)
        return KOHORT_ENOMEM;
    pcre2_set_match_limit(p->limits, STEPS_MAX);
    pcre2_set_heap_limit(p->limits, MATCH_KIB_MAX);
    return 0;
}

int kh_pattern_new(struct kh_pattern **ret, struct kh_heap *heap, const char *text, char *problem,
                   size_t size)
{
    if (text == NULL || *text == '\0') {
        snprintf(problem, size, "the pattern is empty");
        return KOHORT_EINVAL;
    }
    struct kh_pattern *p = kh_alloc_zeroed(heap, 1, sizeof *p);
    if (p == NULL)
        return KOHORT_ENOMEM;
    p->heap = heap;
    int status = build(p, text, problem, size);
    if (status != 0) {
        kh_pattern_free(p);
        return status;
    }
    *ret = p;
    return 0;
}

void kh_pattern_free(struct kh_pattern *p)
{
    if (p == NULL)
        return;
    pcre2_match_data_free(p->data);
    pcre2_match_context_free(p->limits);
    pcre2_code_free(p->code);
    pcre2_general_context_free(p->general);
    kh_free(p->heap, p->text);
    kh_free(p->heap, p);
}

const char *kh_pattern_text(const struct kh_pattern *p)
{
    return p->text;
}

int kh_pattern_match(const struct kh_pattern *p, struct kh_string name)
{
    int result = pcre2_match(p->code, (PCRE2_SPTR)name.data, (PCRE2_SIZE)name.size, 0, 0, p->data,
                             p->limits);
    if (result == PCRE2_ERROR_NOMATCH)
        return 0;
    if (result == PCRE2_ERROR_NOMEMORY)
        return KOHORT_ENOMEM;
    return result < 0 ? KOHORT_ELIMIT : 1;
}
