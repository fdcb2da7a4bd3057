/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of files in flight: users without rights, what they send, and how much they
 * still may.
 */
#ifndef IPCMBOX_FLIGHT_H
#define IPCMBOX_FLIGHT_H

#include "ipcmbox_util.h"

#define SENDER 65534
#define OTHER 65533
/* Of RLIMIT_NOFILE; no message can carry so many. */
#define LIMIT 70

/* The process is this user from now on. */
bool flight_become(uid_t uid);
/* The calling thread alone acts for this user; it is of root, and stays so. */
bool flight_act_as(uid_t uid);
/* Sends a number with so many files, all the same. */
int flight_post(int fd, int file, uint32_t count, uint64_t deadline,
		struct ipcmbox_send *send);
int flight_post_one(int fd, int file);
/* Receives a message with its files, which are closed, or without: how many it has. */
int flight_fetch(int fd, uint32_t room);
/* Sends files one by one until no more may be in flight: how many, or -errno. */
int flight_fill(int fd, int file);
/* How many may still be in flight; none is left. */
int flight_room(int file);

#endif /* IPCMBOX_FLIGHT_H */
