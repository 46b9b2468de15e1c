#include "support/live/stage.h"

#include "support/live/member.h"
#include "support/live/oracle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICK_MS = 20, REPORT_SIZE = 32768 };

static void tick(uv_timer_t *timer)
{
    (void)timer;
}

void stage_open(struct stage *s)
{
    *s = (struct stage){0};
    uv_loop_init(&s->loop);
    uv_timer_init(&s->loop, &s->tick);
    uv_timer_start(&s->tick, tick, TICK_MS, TICK_MS);
}

static void free_members(struct stage *s)
{
    for (size_t i = 0; i < s->member_count; i++) {
        free(s->members[i]->entries);
        free(s->members[i]);
    }
    free(s->members);
}

void stage_close(struct stage *s)
{
    for (size_t i = s->member_count; i-- > 0;)
        member_end(s->members[i]);
    if (s->oracle != NULL)
        cr_assert_str_empty(s->oracle->broken, "%s", s->oracle->broken);
    uv_close((uv_handle_t *)&s->tick, NULL);
    uv_run(&s->loop, UV_RUN_NOWAIT);
    int status = uv_loop_close(&s->loop);
    cr_assert_eq(status, 0, "uv_loop_close: %s: something was left on the loop",
                 uv_strerror(status));
    cr_assert_eq(s->allocations, 0, "%zu blocks of closed clients were not freed", s->allocations);
    free_members(s);
}

void *stage_reallocate(void *stage, void *old, size_t size)
{
    struct stage *s = stage;
    if (size == 0) {
        if (old != NULL)
            s->allocations--;
        free(old);
        return NULL;
    }
    void *memory = realloc(old, size);
    if (old == NULL && memory != NULL)
        s->allocations++;
    return memory;
}

void stage_begin_wait(struct stage *s)
{
    s->deadline_ms = live_now_ms() + (live_is_long() ? 4 : 1) * (int64_t)STAGE_WAIT_MS;
}

void stage_fail(struct stage *s, const char *format, ...)
{
    static char report[REPORT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    size_t size = (size_t)vsnprintf(report, sizeof report, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < s->member_count && size < sizeof report; i++) {
        char *story = member_story(s->members[i]);
        size += (size_t)snprintf(report + size, sizeof report - size, "\n%s", story);
        free(story);
    }
    cr_assert_fail("%s", report);
}

void stage_turn(struct stage *s, const char *condition)
{
    uv_run(&s->loop, UV_RUN_ONCE);
    if (s->oracle != NULL && s->oracle->broken[0] != '\0')
        stage_fail(s, "while waiting for %s: %s", condition, s->oracle->broken);
    if (live_now_ms() > s->deadline_ms)
        stage_fail(s, "waited in vain for %s", condition);
}
