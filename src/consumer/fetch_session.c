/* The fetch session with one broker (KIP-227; Java's FetchSessionHandler): after a full request
 * only what changed is named. */
#include "consumer/fetcher.h"

#include "base/status.h"

#include <string.h>

static int compare(const struct kh_fetch_entry *entry, struct kh_string topic, int32_t partition)
{
    int order = kh_string_compare(kh_string_of(entry->topic), topic);
    return order != 0 ? order : (entry->partition > partition) - (entry->partition < partition);
}

/* Where (topic, partition) is, or belongs. */
static size_t search(const struct kh_fetch_session *s, struct kh_string topic, int32_t partition)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&s->entries[middle], topic, partition) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_entry(const struct kh_fetch_entry *entry, struct kh_string topic,
                     const struct kh_uuid *topic_id, int32_t partition)
{
    if (entry->partition != partition)
        return false;
    if (topic.data != NULL)
        return kh_string_equal(kh_string_of(entry->topic), topic);
    return memcmp(&entry->topic_id, topic_id, sizeof *topic_id) == 0;
}

struct kh_fetch_entry *kh_fetch_session_find(struct kh_fetcher *f, struct kh_string topic,
                                             const struct kh_uuid *topic_id, int32_t partition)
{
    struct kh_fetch_session *s = &f->session;
    for (size_t i = 0; i < s->count; i++) { /* Answers mostly come in the order of the request. */
        size_t at = (s->next_answer + i) % s->count;
        if (is_entry(&s->entries[at], topic, topic_id, partition)) {
            s->next_answer = at + 1;
            return &s->entries[at];
        }
    }
    return NULL;
}

static int grow_message(struct kh_fetcher *f, size_t count)
{
    struct kh_fetch_message *m = &f->message;
    struct kh_heap *heap = kh_consumer_heap(f->consumer);
    if (count <= m->capacity)
        return 0;
    size_t capacity = m->capacity == 0 ? 16 : m->capacity;
    while (capacity < count)
        capacity *= 2;
    void *topics = kh_resize(heap, m->topics, capacity, sizeof *m->topics);
    m->topics = topics != NULL ? topics : m->topics;
    void *partitions = kh_resize(heap, m->partitions, capacity, sizeof *m->partitions);
    m->partitions = partitions != NULL ? partitions : m->partitions;
    void *forgotten = kh_resize(heap, m->forgotten, capacity, sizeof *m->forgotten);
    m->forgotten = forgotten != NULL ? forgotten : m->forgotten;
    void *numbers =
        kh_resize(heap, m->forgotten_partitions, capacity, sizeof *m->forgotten_partitions);
    m->forgotten_partitions = numbers != NULL ? numbers : m->forgotten_partitions;
    if (topics == NULL || partitions == NULL || forgotten == NULL || numbers == NULL)
        return KOHORT_ENOMEM;
    m->capacity = capacity;
    return 0;
}

static struct kh_fetch_entry *insert(struct kh_fetcher *f, size_t at, const kohort_partition *p)
{
    struct kh_fetch_session *s = &f->session;
    struct kh_heap *heap = kh_consumer_heap(f->consumer);
    if (s->count == s->capacity) {
        size_t capacity = s->capacity == 0 ? 16 : s->capacity * 2;
        struct kh_fetch_entry *entries = kh_resize(heap, s->entries, capacity, sizeof *entries);
        if (entries == NULL)
            return NULL;
        s->entries = entries;
        s->capacity = capacity;
    }
    char *topic = kh_copy_text(heap, p->topic, strlen(p->topic));
    if (topic == NULL)
        return NULL;
    memmove(s->entries + at + 1, s->entries + at, (s->count - at) * sizeof *s->entries);
    s->entries[at] =
        (struct kh_fetch_entry){.topic = topic, .partition = p->number, .leader_epoch = -1};
    s->count++;
    return &s->entries[at];
}

/* Marks what this partition wants from the broker now. */
static int want(struct kh_fetcher *f, kohort_partition *p)
{
    static const struct kh_uuid none;
    struct kh_string name = kh_string_of(p->topic);
    const struct kh_topic_metadata *topic = kh_cluster_topic(f->consumer->client->cluster, name);
    const struct kh_uuid *id = topic == NULL ? &none : &topic->id;
    size_t at = search(&f->session, name, p->number);
    bool there = at < f->session.count && compare(&f->session.entries[at], name, p->number) == 0;
    struct kh_fetch_entry *entry = there ? &f->session.entries[at] : insert(f, at, p);
    int32_t epoch = topic == NULL ? -1 : topic->partitions[p->number].leader_epoch;
    if (entry == NULL)
        return KOHORT_ENOMEM;
    if (memcmp(&entry->topic_id, id, sizeof *id) != 0) {
        if (entry->on_broker)
            f->session.epoch = 0; /* The topic was created anew: rare enough for a full request. */
        entry->topic_id = *id;
        entry->on_broker = false;
    }
    int32_t max_bytes = (int32_t)kh_credit_bytes(p);
    entry->changed = entry->changed || !entry->on_broker || entry->offset != p->fetch_offset ||
                     entry->leader_epoch != epoch || entry->max_bytes != max_bytes;
    entry->wanted = true;
    entry->ownership = p->ownership;
    entry->serial = p->fetch_serial;
    entry->offset = p->fetch_offset;
    entry->leader_epoch = epoch;
    entry->max_bytes = max_bytes;
    return 0;
}

static void drop_unwanted(struct kh_fetcher *f)
{
    struct kh_fetch_session *s = &f->session;
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->entries[i].wanted)
            s->entries[kept++] = s->entries[i];
        else
            kh_free(kh_consumer_heap(f->consumer), s->entries[i].topic);
    }
    s->count = kept;
}

static void name_partition(struct kh_fetcher *f, const struct kh_fetch_entry *entry, size_t *count)
{
    struct kh_fetch_message *m = &f->message;
    struct kh_fetch_request *request = &m->request;
    struct kh_fetch_request_topic *topic =
        request->topic_count == 0 ? NULL : &m->topics[request->topic_count - 1];
    if (topic == NULL || strcmp(topic->topic.data, entry->topic) != 0) {
        topic = &m->topics[request->topic_count++];
        *topic = (struct kh_fetch_request_topic){.topic = kh_string_of(entry->topic),
                                                 .topic_id = entry->topic_id,
                                                 .partitions = &m->partitions[*count]};
    }
    struct kh_fetch_request_partition *partition = &m->partitions[(*count)++];
    *partition = KH_FETCH_REQUEST_PARTITION_DEFAULTS;
    partition->partition = entry->partition;
    partition->fetch_offset = entry->offset;
    partition->current_leader_epoch = entry->leader_epoch;
    partition->partition_max_bytes = entry->max_bytes;
    topic->partition_count++;
}

static void name_forgotten(struct kh_fetcher *f, const struct kh_fetch_entry *entry, size_t *count)
{
    struct kh_fetch_message *m = &f->message;
    struct kh_fetch_request *request = &m->request;
    struct kh_fetch_request_forgotten_topic *topic =
        request->forgotten_topic_count == 0 ? NULL
                                            : &m->forgotten[request->forgotten_topic_count - 1];
    if (topic == NULL || strcmp(topic->topic.data, entry->topic) != 0) {
        topic = &m->forgotten[request->forgotten_topic_count++];
        *topic = (struct kh_fetch_request_forgotten_topic){.topic = kh_string_of(entry->topic),
                                                           .topic_id = entry->topic_id,
                                                           .partitions =
                                                               &m->forgotten_partitions[*count]};
    }
    m->forgotten_partitions[(*count)++] = entry->partition;
    topic->partition_count++;
}

static void fill_request(struct kh_fetcher *f, size_t max_bytes, size_t least)
{
    struct kh_fetch_session *s = &f->session;
    struct kh_fetch_request *request = &f->message.request;
    const struct kh_option_values *v = &f->consumer->values;
    size_t named = 0, forgotten = 0;
    bool full = s->epoch == 0;
    *request = KH_FETCH_REQUEST_DEFAULTS;
    request->max_wait_ms = (int32_t)v->fetch_max_wait_ms;
    request->max_bytes = (int32_t)max_bytes;
    /* For more than one partition may bring the broker might wait in vain. */
    request->min_bytes =
        (size_t)v->fetch_min_bytes < least ? (int32_t)v->fetch_min_bytes : (int32_t)least;
    request->isolation_level = (int8_t)v->isolation_level;
    request->session_id = s->id;
    request->session_epoch = s->epoch;
    request->rack_id = kh_string_of(v->client_rack);
    size_t start = full ? s->rotation++ % s->count : 0;
    for (size_t i = 0; i < s->count; i++) {
        struct kh_fetch_entry *entry = &s->entries[(start + i) % s->count];
        if (entry->wanted && (full || entry->changed)) {
            name_partition(f, entry, &named);
            entry->on_broker = true;
            entry->changed = false;
        } else if (!entry->wanted && entry->on_broker) {
            name_forgotten(f, entry, &forgotten);
            entry->on_broker = false;
        }
    }
    request->topics = f->message.topics;
    request->forgotten_topics_data = f->message.forgotten;
    s->next_answer = start;
}

int kh_fetch_session_build(struct kh_fetcher *f, bool *ret_any)
{
    struct kh_fetch_session *s = &f->session;
    const struct kohort_partitions *owned = &f->consumer->ownership.owned;
    size_t left = kh_credit_left(f->consumer), most = 0, least = left;
    *ret_any = false;
    for (size_t i = 0; i < s->count; i++)
        s->entries[i].wanted = false;
    for (size_t i = 0; i < owned->count; i++) {
        kohort_partition *p = owned->items[i];
        if (p->leader != f->node_id || !kh_partition_fetchable(p))
            continue;
        int status = want(f, p);
        if (status != 0)
            return status;
        size_t bytes = kh_credit_bytes(p);
        most += bytes;
        least = bytes < least ? bytes : least;
    }
    f->consumer->credit_short = f->consumer->credit_short || (most > 0 && left == 0);
    *ret_any = most > 0 && left > 0;
    if (!*ret_any)
        return 0;
    if (most > left)
        most = left;
    if (most > (size_t)f->consumer->values.fetch_max_bytes)
        most = (size_t)f->consumer->values.fetch_max_bytes;
    if (s->epoch == 0)
        drop_unwanted(f);
    int status = grow_message(f, s->count);
    if (status == 0)
        fill_request(f, most, least);
    return status;
}

void kh_fetch_session_answered(struct kh_fetcher *f, int16_t error_code, int32_t session_id)
{
    struct kh_fetch_session *s = &f->session;
    if (error_code != 0) {
        if (error_code == KH_KAFKA_FETCH_SESSION_ID_NOT_FOUND)
            s->id = 0;
        kh_fetch_session_restart(f);
        return;
    }
    s->id = session_id;
    if (session_id == 0)
        s->epoch =
            0; /* The broker keeps no session: its cache is full, or the version is below 7. */
    else
        s->epoch = s->epoch == INT32_MAX ? 1 : s->epoch + 1;
}

void kh_fetch_session_restart(struct kh_fetcher *f)
{
    f->session.epoch = 0;
    for (size_t i = 0; i < f->session.count; i++)
        f->session.entries[i].on_broker = false;
}

void kh_fetch_session_free(struct kh_fetcher *f)
{
    struct kh_heap *heap = kh_consumer_heap(f->consumer);
    for (size_t i = 0; i < f->session.count; i++)
        kh_free(heap, f->session.entries[i].topic);
    kh_free(heap, f->session.entries);
    kh_free(heap, f->message.topics);
    kh_free(heap, f->message.partitions);
    kh_free(heap, f->message.forgotten);
    kh_free(heap, f->message.forgotten_partitions);
}
