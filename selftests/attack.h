/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attacks: processes without rights that do their worst, and bystanders, of another
 * user, who must not notice.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include "ipcmbox_util.h"

#define ATTACKER	65534
#define BYSTANDER	65533

/* Memory that processes share. */
void *attack_share(size_t size);
/* Runs @run as @uid in a process of its own; its pid, or -1. */
pid_t attack_start(uid_t uid, void (*run)(void *arg), void *arg);
/* Kills it and waits until it is gone; whether it lived until then. */
bool attack_stop(pid_t pid);
/* Runs it to its end; whether it exited with 0. */
bool attack_run(uid_t uid, void (*run)(void *arg), void *arg);
/* Ends a process of an attack if what it expects is not so. */
void attack_expect(bool condition, const char *what);
#define EXPECT_THAT(condition) attack_expect(condition, #condition)

/* A mailbox that counts as the attacker's; a descriptor or -errno. */
int attack_mailbox(struct ipcmbox_create *create);
/* A bystander makes a mailbox, and sends and receives: whether all works. */
bool attack_others_go_on(void);
/* Whether the attacker has no account any more: all that was charged is given back. */
bool attack_is_over(void);

#endif /* ATTACK_H */
