/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libipcmbox-sysv share.
 *
 * A System V message queue is a mailbox with a name: selective, oldest message first, bounded
 * in bytes. There is no table of queues beside the names, so nobody can leave one half
 * written: the identifier of a queue is the number that its mailbox has from the kernel, and
 * ipcmbox_list() finds a mailbox by that. What a mailbox does not know of itself, the last
 * sender and receiver for example, stands in its region.
 */
#ifndef SYSV_INTERNAL_H
#define SYSV_INTERNAL_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/types.h>

#include "../ipcmbox.h"

#define SYSV_PUBLIC __attribute__((visibility("default")))

/* An identifier is what this leaves of the number of a mailbox. Tests have fewer. */
#ifndef SYSV_ID_MASK
#define SYSV_ID_MASK INT_MAX
#endif

#define SYSV_NAME_PREFIX "sysv."
#define SYSV_NAME_SIZE 32

/* Of a process; more than pid_max can be. */
#define SYSV_PID_BITS 22

/* Bytes of the region of a queue. */
#define SYSV_REGION_SIZE 4096

/**
 * struct sysv_facts - what stands in the region of a queue, to be written by anybody who may
 *	both send and receive
 * @sender: number of the last message that was sent, shifted by SYSV_PID_BITS, and the process
 *	that sent it
 * @receiver: process that received the last message
 * @removed: not 0 once the queue is removed
 * @changed: time of creation, or of the last change, in seconds; 0 if not known
 * @creator_group: group of the creator, plus 1; 0 if not known
 *
 * All 0 at first, which stands for "not known": whoever dies before he has written leaves
 * nothing that would have to be repaired. Each is written as a whole, so nobody locks.
 */
struct sysv_facts {
	_Atomic uint64_t sender;
	_Atomic uint32_t receiver;
	_Atomic uint32_t removed;
	_Atomic int64_t changed;
	_Atomic uint64_t creator_group;
};

/**
 * struct sysv_queue - a queue that this process has open
 * @users: calls that use it; SYSV_VACANT or SYSV_BUSY if it stands for no queue
 * @stale: to be closed by its last user
 * @lost: its descriptor is not its own any more, though it may look so
 * @id: identifier
 * @fd: descriptor of the mailbox
 * @mailbox: number of the mailbox
 * @uid: effective user that it was opened for
 * @gid: effective group, likewise
 * @readable: the process may receive
 * @writable: the process may send
 * @facts: its region, to be written if both are so, and read if it is readable; or NULL
 */
struct sysv_queue {
	_Atomic int users;
	_Atomic bool stale;
	_Atomic bool lost;
	_Atomic int id;
	int fd;
	uint64_t mailbox;
	uid_t uid;
	gid_t gid;
	bool readable;
	bool writable;
	struct sysv_facts *facts;
};

/**
 * struct sysv_guard - what a call keeps away while it holds a lock or has a descriptor open
 * @signals: the mask that the thread had: a handler may call the library as well
 * @cancel: whether it could be cancelled
 */
struct sysv_guard {
	sigset_t signals;
	int cancel;
};

static inline int sysv_fail(int error)
{
	errno = error;
	return -1;
}

/* guard.c */
void sysv_guard_enter(struct sysv_guard *guard);
void sysv_guard_leave(const struct sysv_guard *guard);
void sysv_close(int fd);
int sysv_open_device(void);

/* probe.c: may the kernel read or write there? 0, or -1 with EFAULT. */
int sysv_probe_read(const void *address);
int sysv_probe_write(void *address);
int sysv_copy_in(void *to, const void *from, size_t size);
int sysv_copy_out(void *to, const void *from, size_t size);

/* limits.c */
ssize_t sysv_read_file(const char *path, char *buffer, size_t size);
unsigned long sysv_msgmax(void);
bool sysv_fits_msgmax(size_t size);
unsigned long sysv_msgmnb(void);
unsigned long sysv_msgmni(void);
bool sysv_capable(unsigned int capability);

/* name.c */
int sysv_id_of(uint64_t mailbox);
void sysv_name_of_key(key_t key, char name[SYSV_NAME_SIZE]);
int sysv_name_private(char name[SYSV_NAME_SIZE]);
bool sysv_name_parse(const char *name, key_t *key);
int sysv_find_id(int ctl, int id, struct ipcmbox_entry *entry);
int sysv_find_name(int ctl, const char *name, struct ipcmbox_entry *entry);
int sysv_find_index(int ctl, int index, struct ipcmbox_entry *entry);
int sysv_find_twin(int ctl, uint64_t mailbox);
int sysv_sum(int ctl, struct msginfo *info);

/* permission.c */
uid_t sysv_euid(void);
gid_t sysv_egid(void);
int sysv_check_access(const struct ipcmbox_entry *entry, uid_t creator,
		      int flags);
int sysv_change_file(const struct ipcmbox_entry *entry, uid_t uid, gid_t gid,
		     mode_t mode);

/* create.c */
int sysv_create(int ctl, const char *name, mode_t mode);

/* facts.c */
struct sysv_facts *sysv_map(int fd, int protection);
void sysv_unmap(struct sysv_facts *facts);
void sysv_note_sender(struct sysv_queue *queue, uint64_t message, pid_t pid);
void sysv_note_receipt(struct sysv_queue *queue,
		       const struct ipcmbox_delivery *delivery);
void sysv_tell_facts(const struct sysv_facts *facts, struct msqid_ds *ds);

/* open.c */
bool sysv_is_queue(const struct ipcmbox_info *info);
int sysv_open_rights(int ctl, const char *name, int *rights);
struct sysv_queue *sysv_queue_get(int id, int rights);

/* queue.c */
void sysv_queue_put(struct sysv_queue *queue);
void sysv_queue_drop(struct sysv_queue *queue);
void sysv_queue_forget(int id);
struct sysv_queue *sysv_queue_find(int id);
bool sysv_queue_is_ours(const struct sysv_queue *queue, uint32_t *state);
bool sysv_queue_is_lost(struct sysv_queue *queue);
void sysv_queues_lock(struct sysv_guard *guard);
void sysv_queues_unlock(const struct sysv_guard *guard);
/* Between these: */
void sysv_queues_sweep(bool close_idle);
void sysv_queues_sweep_sometimes(void);
bool sysv_queues_vacate(int fd);
struct sysv_queue *sysv_queue_claim(void);
void sysv_queue_give_back(struct sysv_queue *queue);
void sysv_queue_publish(struct sysv_queue *queue, int id);

#endif /* SYSV_INTERNAL_H */
