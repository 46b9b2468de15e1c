#include "consumer/strategy.h"

#include "assignors/custom.h"
#include "consumer/taped.h"

#include <string.h>

#define OPTION "partition.assignment.strategy: "

bool kh_assignor_name_valid(const char *name, size_t size)
{
    if (size == 0 || size > KH_ASSIGNOR_NAME_MAX)
        return false;
    for (size_t i = 0; i < size; i++)
        if (name[i] <= ' ' || name[i] > '~' || name[i] == ',')
            return false;
    return true;
}

int kh_options_put_assignor(kohort_options *o, const kohort_assignor *a)
{
    size_t at = 0;
    while (at < o->assignor_count && strcmp(o->assignors[at].name, a->name) != 0)
        at++;
    if (at == KH_ASSIGNORS_MAX)
        return KOHORT_ELIMIT;
    char *name = kh_copy_text(&o->heap, a->name, strlen(a->name));
    if (name == NULL)
        return KOHORT_ENOMEM;
    if (at < o->assignor_count)
        kh_free(&o->heap, (char *)(uintptr_t)o->assignors[at].name);
    else
        o->assignor_count++;
    o->assignors[at] = *a;
    o->assignors[at].name = name;
    return 0;
}

int kohort_options_add_assignor(kohort_options *o, const kohort_assignor *a)
{
    kh_options_forget_problem(o);
    if (a == NULL || a->size != sizeof *a || a->assign == NULL)
        kh_options_complain(
            o, "assignor: assign is missing; start from KOHORT_ASSIGNOR_INIT and set it");
    else if (a->name == NULL || !kh_assignor_name_valid(a->name, strlen(a->name)))
        kh_options_complain(o,
                            "assignor: its name must be 1 to %d printable characters without "
                            "commas and spaces",
                            KH_ASSIGNOR_NAME_MAX);
    else
        return kh_options_put_assignor(o, a);
    return KOHORT_EINVAL;
}

static struct kh_string trim(const char *text, size_t size)
{
    while (size > 0 && *text == ' ') {
        text++;
        size--;
    }
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return (struct kh_string){text, (int32_t)size};
}

/* "NAME as WIRE_NAME" in two; without "as" both are the same. */
static struct kh_string cut_wire_name(struct kh_string *entry)
{
    static const char word[] = " as ";
    for (int32_t i = 0; i + (int32_t)sizeof word - 1 < entry->size; i++)
        if (memcmp(entry->data + i, word, sizeof word - 1) == 0) {
            int32_t end = i + (int32_t)sizeof word - 1;
            struct kh_string wire = trim(entry->data + end, (size_t)(entry->size - end));
            *entry = trim(entry->data, (size_t)i);
            return wire;
        }
    return (struct kh_string){NULL, 0};
}

static bool find(const kohort_options *o, struct kh_string name, struct kh_assignor *ret)
{
    for (size_t i = 0; i < o->assignor_count; i++)
        if (kh_string_equal(name, kh_string_of(o->assignors[i].name))) {
            *ret = kh_assignor_custom(&o->assignors[i]);
            return true;
        }
    const struct kh_assignor *built_in = kh_assignor_find(name);
    if (built_in != NULL)
        *ret = *built_in;
    return built_in != NULL;
}

static bool is_listed(const struct kh_strategy *strategy, const char *name)
{
    for (size_t i = 0; i < strategy->count; i++)
        if (strcmp(strategy->names[i], name) == 0)
            return true;
    return false;
}

static void add(struct kh_strategy *strategy, kohort_options *o, struct kh_string entry)
{
    struct kh_assignor assignor;
    struct kh_string wire = cut_wire_name(&entry);
    if (strategy->count == KH_ASSIGNORS_MAX) {
        kh_options_complain(o, OPTION "more than %d assignors", KH_ASSIGNORS_MAX);
        return;
    }
    if (!find(o, entry, &assignor)) {
        kh_options_complain(o,
                            OPTION "there is no assignor \"%.*s\"; there are range, roundrobin, "
                                   "sticky and cooperative-sticky, and what "
                                   "kohort_options_add_assignor adds",
                            entry.size > KH_ASSIGNOR_NAME_MAX ? KH_ASSIGNOR_NAME_MAX : entry.size,
                            entry.data);
        return;
    }
    if (wire.data == NULL)
        wire = kh_string_of(assignor.name);
    char *name = strategy->names[strategy->count];
    size_t size = wire.size < KH_ASSIGNOR_NAME_MAX ? (size_t)wire.size : KH_ASSIGNOR_NAME_MAX;
    memcpy(name, wire.data, size);
    name[size] = '\0';
    if (!kh_assignor_name_valid(wire.data, (size_t)wire.size))
        kh_options_complain(o, OPTION "\"%s\" cannot be an assignor's name", name);
    else if (is_listed(strategy, name))
        kh_options_complain(o, OPTION "\"%s\" is there twice", name);
    assignor.name = name;
    strategy->assignors[strategy->count] = assignor;
    strategy->list[strategy->count] = &strategy->assignors[strategy->count];
    strategy->count++;
}

void kh_strategy_read(struct kh_strategy *ret, kohort_options *o, const char *text)
{
    ret->count = 0;
    for (const char *at = text; at != NULL;) {
        const char *end = strchr(at, ',');
        add(ret, o, trim(at, end == NULL ? strlen(at) : (size_t)(end - at)));
        at = end == NULL ? NULL : end + 1;
    }
}

struct kept {
    struct kh_assignor assignor;
    kohort_assignor custom; /* where it is the application's */
};

const struct kh_assignor **kh_strategy_keep(const struct kh_strategy *strategy,
                                            struct kh_heap *heap, struct kh_tape *tape)
{
    size_t count = strategy->count, taped_count = tape == NULL ? 0 : count;
    size_t size = count * (sizeof(struct kept) + sizeof(void *)) +
                  taped_count * sizeof(struct kh_taped_assignor);
    for (size_t i = 0; i < count; i++)
        size += strlen(strategy->names[i]) + 1;
    const struct kh_assignor **list = kh_alloc(heap, size);
    if (list == NULL)
        return NULL;
    struct kept *kept = (struct kept *)(list + count);
    struct kh_taped_assignor *taped = (struct kh_taped_assignor *)(kept + count);
    char *name = (char *)(taped + taped_count);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(strategy->names[i]) + 1;
        kept[i].assignor = strategy->assignors[i];
        if (kept[i].assignor.assign != NULL) {
            kept[i].custom = *(const kohort_assignor *)strategy->assignors[i].arg;
            kept[i].custom.name = name;
            kept[i].assignor = kh_assignor_custom(&kept[i].custom);
            if (tape != NULL)
                kept[i].assignor = kh_taped_assignor(&taped[i], tape, &kept[i].assignor);
        }
        kept[i].assignor.name = memcpy(name, strategy->names[i], length);
        name += length;
        list[i] = &kept[i].assignor;
    }
    return list;
}
