/* `kohort assign`: what a group would be given, without a group. docs/assignors.md describes the
 * JSON. */
#include "assign_group.h"
#include "tool.h"

#include <getopt.h>
#include <jansson.h>
#include <string.h>

static int complain(struct assign_group *g)
{
    say("assign: %s", g->wrong);
    assign_group_free(g);
    return EXIT_USAGE;
}

/* ---- output ---- */

static json_t *list_topics(const struct assign_group *g, size_t member)
{
    json_t *topics = json_object();
    const struct kh_assignor_result *result = &g->results[member];
    for (size_t i = 0; i < result->count; i++) {
        struct kh_string name = g->input.topics[result->partitions[i].topic].name;
        json_t *numbers = json_object_getn(topics, name.data, (size_t)name.size);
        if (numbers == NULL) {
            numbers = json_array();
            json_object_setn_new(topics, name.data, (size_t)name.size, numbers);
        }
        json_array_append_new(numbers, json_integer(result->partitions[i].partition));
    }
    return topics;
}

static void print_json(const struct assign_group *g)
{
    json_t *members = json_array();
    for (size_t m = 0; m < g->input.member_count; m++)
        json_array_append_new(members,
                              json_pack("{s:s#,s:I,s:I,s:o}", "id", g->input.members[m].id.data,
                                        (int)g->input.members[m].id.size, "partitions",
                                        (json_int_t)g->results[m].count, "moved",
                                        (json_int_t)g->moves[m], "assignment", list_topics(g, m)));
    json_t *all =
        json_pack("{s:s,s:I,s:I,s:I,s:o}", "assignor", g->assignor->name, "moves",
                  (json_int_t)g->move_count, "unassigned", (json_int_t)g->unassigned_count, "far",
                  (json_int_t)g->far_count, "members", members);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

/* "topic 0-3 7". */
static void print_partitions(const struct assign_group *g, size_t member)
{
    const struct kh_assignor_result *result = &g->results[member];
    for (size_t i = 0; i < result->count;) {
        struct kh_assignor_partition first = result->partitions[i];
        size_t run = 1;
        while (i + run < result->count && result->partitions[i + run].topic == first.topic &&
               result->partitions[i + run].partition == first.partition + (int32_t)run)
            run++;
        if (i == 0 || result->partitions[i - 1].topic != first.topic)
            printf("%s%.*s", i == 0 ? "" : ", ", (int)g->input.topics[first.topic].name.size,
                   g->input.topics[first.topic].name.data);
        if (run == 1)
            printf(" %d", first.partition);
        else
            printf(" %d-%d", first.partition, first.partition + (int32_t)run - 1);
        i += run;
    }
    putchar('\n');
}

static void print_table(const struct assign_group *g)
{
    int width = (int)strlen("member");
    for (size_t m = 0; m < g->input.member_count; m++)
        if (g->input.members[m].id.size > width)
            width = g->input.members[m].id.size;
    printf("%-*s  partitions  moved  assignment\n", width, "member");
    for (size_t m = 0; m < g->input.member_count; m++) {
        printf("%-*.*s  %10zu  %5zu  ", width, (int)g->input.members[m].id.size,
               g->input.members[m].id.data, g->results[m].count, g->moves[m]);
        print_partitions(g, m);
    }
    printf("\n%s: %zu moved, %zu unassigned", g->assignor->name, g->move_count,
           g->unassigned_count);
    if (g->has_racks)
        printf(", %zu far from their member's rack", g->far_count);
    putchar('\n');
}

/* ---- the command ---- */

int assign(int count, char **texts)
{
    const char *name = "range";
    bool as_json = false;
    optind = 1;
    for (int flag; (flag = getopt(count, texts, "a:J")) != -1;)
        switch (flag) {
        case 'a':
            name = optarg;
            break;
        case 'J':
            as_json = true;
            break;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    struct assign_group group;
    if (assign_group_read(&group, stdin, name) != 0 || assign_group_run(&group) != 0)
        return complain(&group);
    if (as_json)
        print_json(&group);
    else
        print_table(&group);
    assign_group_free(&group);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}
