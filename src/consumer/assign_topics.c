#include "consumer/assign_topics.h"

#include "consumer/consumer.h"

/* Of one call: a millisecond or so. A topic is listed in one piece, lest its metadata change in the
 * middle. */
enum { SLICE_PARTITIONS = 10000 };

static bool some_member_has_a_rack(const struct kh_assign_group *group)
{
    for (size_t i = 0; i < group->member_count; i++)
        if (group->members[i].subscription.rack.size > 0)
            return true;
    return false;
}

/* By rising id, as the cluster has them; each rack's name is copied once. */
static int list_nodes(kohort_consumer *c, struct kh_assign_job *job)
{
    const struct kh_node *nodes;
    size_t count = kh_cluster_nodes(c->client->cluster, &nodes);
    job->node_count = 0;
    job->nodes = kh_arena_alloc(&job->topics_arena, count, sizeof *job->nodes);
    if (job->nodes == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].rack == NULL)
            continue;
        struct kh_assign_node *node = &job->nodes[job->node_count++];
        node->id = nodes[i].id;
        node->rack = kh_arena_string(&job->topics_arena, kh_string_of(nodes[i].rack));
        if (node->rack.data == NULL)
            return KOHORT_ENOMEM;
    }
    return 0;
}

/* NULL: its rack is not known. */
static const struct kh_assign_node *find_node(const struct kh_assign_job *job, int32_t id)
{
    size_t low = 0, high = job->node_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (job->nodes[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < job->node_count && job->nodes[low].id == id ? &job->nodes[low] : NULL;
}

/* KIP-881: where the replicas of each partition are, as far as brokers say. */
static int list_racks(struct kh_assign_job *job, const struct kh_topic_metadata *metadata,
                      struct kh_assignor_topic *topic)
{
    struct kh_arena *arena = &job->topics_arena;
    size_t replicas = 0;
    for (size_t p = 0; p < topic->partition_count; p++)
        replicas += metadata->partitions[p].replica_count;
    const struct kh_string **racks = kh_arena_take(arena, topic->partition_count, sizeof *racks);
    size_t *counts = kh_arena_take(arena, topic->partition_count, sizeof *counts);
    struct kh_string *names = kh_arena_take(arena, replicas, sizeof *names);
    if (racks == NULL || counts == NULL || names == NULL)
        return KOHORT_ENOMEM;
    for (size_t p = 0; p < topic->partition_count; p++) {
        const struct kh_partition_metadata *partition = &metadata->partitions[p];
        racks[p] = names;
        for (size_t i = 0; i < partition->replica_count; i++) {
            const struct kh_assign_node *node = find_node(job, partition->replicas[i]);
            if (node != NULL)
                *names++ = node->rack;
        }
        counts[p] = (size_t)(names - racks[p]);
    }
    topic->racks = racks;
    topic->rack_counts = counts;
    return 0;
}

static int begin(kohort_consumer *c, struct kh_assign_job *job)
{
    job->topics =
        kh_arena_alloc(&job->topics_arena, job->group.topic_count + 1, sizeof *job->topics);
    job->topics_listed = job->topic_count = job->partition_count = 0;
    job->racked = some_member_has_a_rack(&job->group);
    if (job->topics == NULL)
        return KOHORT_ENOMEM;
    return job->racked ? list_nodes(c, job) : 0;
}

int kh_assign_topics_list(kohort_consumer *c, struct kh_assign_job *job)
{
    const struct kh_assign_group *group = &job->group;
    int status = job->topics == NULL ? begin(c, job) : 0;
    size_t slice = 0;
    while (job->topics_listed < group->topic_count && status == 0 && slice < SLICE_PARTITIONS) {
        struct kh_string name = group->topics[job->topics_listed++];
        int64_t partitions = kh_watch_partitions(c, name);
        if (partitions <= 0)
            continue;
        struct kh_assignor_topic *topic = &job->topics[job->topic_count++];
        *topic = (struct kh_assignor_topic){.name = name, .partition_count = (size_t)partitions};
        job->partition_count += topic->partition_count;
        if (!job->racked)
            continue;
        slice += topic->partition_count;
        status = list_racks(job, kh_cluster_topic(c->client->cluster, name), topic);
    }
    if (status != 0)
        return status;
    return job->topics_listed < group->topic_count ? KH_ASSIGN_TOPICS_MORE
                                                   : KH_ASSIGN_TOPICS_LISTED;
}
