/* A circular list through nodes embedded in the items. */
#ifndef KH_BASE_LIST_H
#define KH_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct kh_list {
    struct kh_list *previous, *next;
};

static inline void kh_list_init(struct kh_list *list)
{
    list->previous = list->next = list;
}

static inline bool kh_list_empty(const struct kh_list *list)
{
    return list->next == list;
}

static inline void kh_list_append(struct kh_list *list, struct kh_list *node)
{
    node->previous = list->previous;
    node->next = list;
    list->previous->next = node;
    list->previous = node;
}

/* Leaves the node linked to itself, so that removing twice is harmless. */
static inline void kh_list_remove(struct kh_list *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    node->previous = node->next = node;
}

/* Moves all nodes of `from` behind those of `to`. */
static inline void kh_list_move_behind(struct kh_list *to, struct kh_list *from)
{
    if (kh_list_empty(from))
        return;
    from->next->previous = to->previous;
    to->previous->next = from->next;
    from->previous->next = to;
    to->previous = from->previous;
    kh_list_init(from);
}

/* `to` is initialized with all nodes of `from`, which is empty then. */
static inline void kh_list_move(struct kh_list *to, struct kh_list *from)
{
    kh_list_init(to);
    kh_list_move_behind(to, from);
}

#define kh_container(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

#define kh_list_each(node, list)                                                                   \
    for (struct kh_list *node = (list)->next; node != (list); node = node->next)

/* The item at hand may be removed. */
#define kh_list_each_safe(node, list)                                                              \
    for (struct kh_list *node = (list)->next, *node##_next = node->next; node != (list);           \
         node = node##_next, node##_next = node->next)

#endif
