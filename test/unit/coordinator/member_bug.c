/* An illegal move is our own mistake. Built with a check.c that does not abort, as a release is:
 * the member fails, once, and the program lives on. */
#include "coordinator/member_internal.h"

#include "story.h"

KH_TEST(bug, an_illegal_move_fails_the_member_and_tells_so)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_run_until(&s, 3000);
    struct kh_member_actions actions = {.count = 0};
    s.m->actions = &actions;
    kh_member_enter(s.m, KH_MEMBER_SYNCING, "by mistake");
    s.m->actions = NULL;
    static const enum kh_member_action_type expected[] = {
        KH_MEMBER_ACT_CANCEL, KH_MEMBER_ACT_LOST, KH_MEMBER_ACT_STATE, KH_MEMBER_ACT_FAILED};
    cr_assert_eq(actions.count, 4);
    for (size_t i = 0; i < actions.count; i++)
        cr_assert_eq(actions.items[i].type, expected[i]);
    cr_assert_eq(actions.items[3].error->code, KOHORT_EBUG);
    cr_assert_str_eq(actions.items[3].error->text,
                     "a mistake inside kohort: its member moved from stable to syncing; please "
                     "report it");
    cr_assert_eq(kh_member_state(s.m), KH_MEMBER_FAILED);
    cr_assert_eq(kh_member_owned(s.m)->count, 0);
    cr_assert_eq(kh_member_deadline(s.m), KH_NEVER);
    story_end(&s);
}

KH_TEST(bug, only_the_moves_of_the_table_are_legal)
{
    cr_assert(kh_member_move_is_legal(KH_MEMBER_IDLE, KH_MEMBER_FINDING));
    cr_assert_not(kh_member_move_is_legal(KH_MEMBER_IDLE, KH_MEMBER_STABLE));
    cr_assert_not(kh_member_move_is_legal(KH_MEMBER_LEAVING, KH_MEMBER_JOINING));
    cr_assert_not(kh_member_move_is_legal(KH_MEMBER_FAILED, KH_MEMBER_FAILED));
    for (enum kh_member_state to = 0; to < KH_MEMBER_STATE_COUNT; to++)
        cr_assert_eq(kh_member_move_is_legal(KH_MEMBER_LEAVING, to), to == KH_MEMBER_IDLE);
}
