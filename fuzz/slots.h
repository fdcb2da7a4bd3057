/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The descriptors of a program, and what the mailboxes behind them tell. No number is
 * given twice within a program, so that it says for good which mailbox it was.
 */
#ifndef FUZZ_SLOTS_H
#define FUZZ_SLOTS_H

#include <linux/ipcmbox.h>

#include "program.h"

/* Before a program: slot 0 is /dev/ipcmbox, which it may change, the others are empty. */
void slots_open(void);
/* The descriptor of a slot; -1 for none. */
int slots_get(unsigned int slot);
/* A descriptor for events. */
int slots_eventfd(enum eventfd kind);
/* In a forked process: what the slot was when it was made. */
void slots_put(unsigned int slot, int fd);
/* Takes the descriptors that an ioctl returned. */
void slots_keep(const struct call_kind *kind, const void *argument,
		unsigned int task);
/* Takes the token that a RECV gave, and gives one of those taken. */
void slots_keep_token(uint64_t token);
uint64_t slots_token(uint64_t number);
/* The calls that are about slots: dup, close, open, file, world. */
void slots_call(const struct call_kind *kind, const struct call *call,
		unsigned int task);

/* After a program: whether what INFO tells is fine, for all open ports. */
bool slots_are(bool (*fine)(const struct ipcmbox_info *info));
/* Destroys what may be destroyed; whoever waits there must get EIDRM. */
void slots_destroy(void);
/* Whether the mailbox of a descriptor was. */
bool slots_destroyed(int fd);
/* Whether two descriptors are of one mailbox, as far as one is known by them. */
bool slots_same(int fd, int other);
/* Whether calls on it end when all descriptors are closed: of a pair, one-way. */
bool slots_hang_up(int fd);
/* Closes all that the program opened. */
void slots_close(void);

/* The address that enum name stands for. */
const char *slots_name(uint64_t name);

#endif /* FUZZ_SLOTS_H */
