/* Who is told of metadata. */
#include "net/cluster_internal.h"

void kh_cluster_listen(struct kh_cluster *cluster, struct kh_metadata_listener *listener)
{
    kh_list_append(&cluster->listeners, &listener->node);
}

void kh_cluster_unlisten(struct kh_metadata_listener *listener)
{
    kh_list_remove(&listener->node);
}

/* Each goes back to the list before it is told, so that whoever removes itself, or another, leaves
 * the list it is in. Those who come meanwhile are not told. */
static void tell(struct kh_cluster *cluster, const kohort_error *error)
{
    struct kh_list telling;
    kh_list_move(&telling, &cluster->listeners);
    while (!kh_list_empty(&telling)) {
        struct kh_metadata_listener *listener =
            kh_container(telling.next, struct kh_metadata_listener, node);
        kh_list_remove(&listener->node);
        kh_list_append(&cluster->listeners, &listener->node);
        if (error == NULL)
            listener->updated(listener);
        else if (listener->failed != NULL)
            listener->failed(listener, error);
    }
}

void kh_cluster_tell_updated(struct kh_cluster *cluster)
{
    tell(cluster, NULL);
}

void kh_cluster_tell_failed(struct kh_cluster *cluster, const kohort_error *error)
{
    tell(cluster, error);
}
