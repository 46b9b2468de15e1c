/* A client of its own that asks a node who coordinates a group, by hand: what the cluster knows,
 * whatever our library has understood. */
#ifndef TEST_CHAOS_COORDINATOR_H
#define TEST_CHAOS_COORDINATOR_H

/* FindCoordinator at the node at "127.0.0.1:PORT". The node's number; -1: it knows of none, or does
 * not answer within a second. */
int chaos_ask_coordinator(const char *address, const char *group);

#endif
