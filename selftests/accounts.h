/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of who pays: what root sees in debugfs, and calls by other users.
 */
#ifndef IPCMBOX_ACCOUNTS_H
#define IPCMBOX_ACCOUNTS_H

#include "ipcmbox_util.h"

#define ACCOUNTS_FILES "/sys/kernel/debug/ipcmbox/"

/* The line of a file that begins with @start, or "". */
const char *accounts_line(const char *path, const char *start);
/* What a line says of @key, or -1. */
int64_t accounts_value(const char *line, const char *key);

/* How much of @key is charged to a user, of the first user namespace. */
int64_t accounts_used(uid_t uid, const char *key);
/* Until that is at least @low and at most @high; false if it does not get so. */
bool accounts_wait(uid_t uid, const char *key, int64_t low, int64_t high);

/* Until there is no account whose line begins with @start; false if one stays. */
bool accounts_gone(const char *start);

/* Changes the effective user of the calling thread, and of those that it starts. */
int accounts_become(uid_t uid);

/* A mailbox of this user; a descriptor or -errno. */
int accounts_create(uid_t uid, uint64_t capacity);
/* Sends as this user, without waiting; 0 or -errno. */
int accounts_send(uid_t uid, int fd, const void *data, size_t len);
/* Starts a call as this user; whether it did. */
bool accounts_start(uid_t uid, struct mbox_op *op);
/* Whether poll(2) says within so many ms that something can be sent. */
bool accounts_can_send(int fd, int timeout);

#endif /* IPCMBOX_ACCOUNTS_H */
