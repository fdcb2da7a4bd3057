// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * msgctl(2).
 */
#include <linux/capability.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define NSEC_PER_SEC 1000000000ULL

static void fill_name(struct msqid_ds *ds, const struct ipcmbox_entry *entry)
{
	key_t key;

	sysv_name_parse(entry->name, &key);
	ds->msg_perm.__key = key;
	ds->msg_perm.uid = entry->uid;
	ds->msg_perm.gid = entry->gid;
	ds->msg_perm.cuid = entry->uid;
	ds->msg_perm.cgid = entry->gid;
	ds->msg_perm.mode = entry->mode & 0777;
	ds->msg_perm.__seq = (unsigned short)(entry->mailbox >> 15);
	ds->msg_ctime = (time_t)(entry->changed / NSEC_PER_SEC);
	ds->msg_qnum = entry->queued;
	ds->__msg_cbytes = entry->bytes;
}

static void fill_info(struct msqid_ds *ds, const struct ipcmbox_entry *entry,
		      const struct ipcmbox_info *info)
{
	ds->msg_perm.cuid = info->owner_uid;
	ds->msg_qnum = info->queued;
	ds->__msg_cbytes = info->queued_bytes;
	ds->msg_qbytes = info->max_bytes;
	/* Before the first message these are times of the name. */
	if (info->sent)
		ds->msg_stime = (time_t)(entry->sent / NSEC_PER_SEC);
	if (info->received)
		ds->msg_rtime = (time_t)(entry->received / NSEC_PER_SEC);
}

/* What IPC_STAT tells of a queue; @any if also those may know who may not receive. */
static int describe(const struct ipcmbox_entry *entry, bool any,
		    struct msqid_ds *ds)
{
	int id = sysv_id_of(entry->mailbox);
	struct sysv_queue *queue;
	struct ipcmbox_info info;
	int ret;

	memset(ds, 0, sizeof(*ds));
	fill_name(ds, entry);
	queue = sysv_queue_get(id, O_RDONLY);
	if (!queue)
		return any && errno == EACCES ? 0 : -1;
	ret = ipcmbox_info(queue->fd, 0, &info, sizeof(info));
	if (ret && sysv_queue_is_lost(queue)) {
		sysv_queue_put(queue);
		return describe(entry, any, ds);
	}
	if (!ret && info.state & IPCMBOX_STATE_DESTROYED)
		ret = sysv_fail(EINVAL);
	if (!ret)
		fill_info(ds, entry, &info);
	if (!ret && queue->facts)
		sysv_tell_facts(queue->facts, ds);
	if (ret && errno == EINVAL)
		sysv_queue_drop(queue);
	else
		sysv_queue_put(queue);
	return ret;
}

static int stat_queue(int ctl, int id, struct msqid_ds *to)
{
	struct ipcmbox_entry entry;
	struct msqid_ds ds;

	if (sysv_find_id(ctl, id, &entry) || describe(&entry, false, &ds))
		return -1;
	return sysv_copy_out(to, &ds, sizeof(ds));
}

static int stat_index(int ctl, int index, bool any, struct msqid_ds *to)
{
	struct ipcmbox_entry entry;
	struct msqid_ds ds;

	if (sysv_find_index(ctl, index, &entry) || describe(&entry, any, &ds) ||
	    sysv_copy_out(to, &ds, sizeof(ds)))
		return -1;
	return sysv_id_of(entry.mailbox);
}

/* The port by which the owner changes or ends a queue; EPERM, EINVAL. */
static int open_admin(int ctl, const struct ipcmbox_entry *entry)
{
	static const int kinds[] = { O_RDWR, O_RDONLY, O_WRONLY };
	struct ipcmbox_info info;
	int fd = -1;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		fd = ipcmbox_open_named_at(ctl, entry->name, IPCMBOX_ADMIN,
					   kinds[i]);
		if (fd >= 0 || errno != EACCES)
			break;
	}
	if (fd < 0) {
		if (errno == ENOENT || errno == EIDRM)
			return sysv_fail(EINVAL);
		return sysv_fail(errno == EACCES ? EPERM : errno);
	}
	if (ipcmbox_info(fd, 0, &info, sizeof(info)) ||
	    info.mailbox != entry->mailbox || !sysv_is_queue(&info)) {
		sysv_close(fd);
		return sysv_fail(EINVAL);
	}
	return fd;
}

/* To be called before and after it is so; the region may not be for this process. */
static struct sysv_facts *facts_of(int fd)
{
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR)
		return NULL;
	return sysv_map(fd, PROT_READ | PROT_WRITE);
}

static int remove_queue(int ctl, int id)
{
	struct ipcmbox_entry entry;
	struct sysv_facts *facts;
	int fd, ret;

	if (sysv_find_id(ctl, id, &entry))
		return -1;
	fd = open_admin(ctl, &entry);
	/* An owner who may neither read nor write: the name at least is his. */
	if (fd < 0)
		return errno == EPERM && entry.uid == sysv_euid() ?
			       ipcmbox_unlink_at(ctl, entry.name) :
			       -1;
	facts = facts_of(fd);
	ret = ipcmbox_destroy(fd);
	if (!ret && facts)
		atomic_store(&facts->removed, 1);
	if (!ret)
		sysv_queue_forget(id);
	sysv_unmap(facts);
	sysv_close(fd);
	if (ret && errno == EIDRM)
		errno = EINVAL;
	return ret;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * Have a queue hold so many bytes, and as many messages of no length. The longest message
 * must never be longer than the whole.
 */
static int resize(int fd, uint64_t was, uint64_t bytes)
{
	uint64_t longest;

	if (bytes == was)
		return 0;
	bytes = least(bytes, IPCMBOX_BYTES_MAX);
	longest = least(least(sysv_msgmax(), IPCMBOX_MESSAGE_MAX), bytes);
	if ((bytes > was && ipcmbox_set_max_bytes(fd, bytes)) ||
	    ipcmbox_set_max_message(fd, longest) ||
	    (bytes < was && ipcmbox_set_max_bytes(fd, bytes)))
		return -1;
	return ipcmbox_set_capacity(fd, least(bytes, IPCMBOX_CAPACITY_MAX));
}

static int change(int fd, const struct ipcmbox_entry *entry,
		  const struct msqid_ds *ds)
{
	struct sysv_facts *facts;
	struct ipcmbox_info info;

	if (ipcmbox_info(fd, 0, &info, sizeof(info)))
		return -1;
	if (ds->msg_qbytes != info.max_bytes &&
	    ds->msg_qbytes > sysv_msgmnb() && !sysv_capable(CAP_SYS_RESOURCE))
		return sysv_fail(EPERM);
	/* A mailbox has room for one byte at least. */
	if (!ds->msg_qbytes)
		return sysv_fail(EINVAL);
	if (sysv_change_file(entry, ds->msg_perm.uid, ds->msg_perm.gid,
			     ds->msg_perm.mode & 0777) ||
	    resize(fd, info.max_bytes, ds->msg_qbytes))
		return -1;
	facts = facts_of(fd);
	if (facts)
		facts->changed = time(NULL);
	sysv_unmap(facts);
	return 0;
}

static int set_queue(int ctl, int id, const struct msqid_ds *from)
{
	struct msqid_ds ds = { .msg_qbytes = 0 };
	struct ipcmbox_entry entry;
	int fd, ret;

	if (sysv_copy_in(&ds, from, sizeof(ds)) ||
	    sysv_find_id(ctl, id, &entry))
		return -1;
	fd = open_admin(ctl, &entry);
	if (fd < 0)
		return -1;
	ret = change(fd, &entry, &ds);
	sysv_close(fd);
	if (ret && errno == EIDRM)
		errno = EINVAL;
	return ret;
}

/* Limits; with MSG_INFO also what is in use. Returns the place of the last queue. */
static int tell_limits(int ctl, bool used, void *to)
{
	struct msginfo info = {
		.msgmax = (int)sysv_msgmax(),
		.msgmnb = (int)sysv_msgmnb(),
		.msgmni = (int)sysv_msgmni(),
		.msgssz = 16,
		.msgseg = 0xffff,
	};
	int queues;

	if (sysv_sum(ctl, &info))
		return -1;
	queues = info.msgpool;
	if (!used) {
		info.msgpool = (int)(sysv_msgmni() * sysv_msgmnb() / 1024);
		info.msgmap = info.msgmnb;
		info.msgtql = info.msgmnb;
	}
	if (sysv_copy_out(to, &info, sizeof(info)))
		return -1;
	return queues ? queues - 1 : 0;
}

static int control(int ctl, int id, int command, struct msqid_ds *ds)
{
	switch (command) {
	case IPC_STAT:
		return stat_queue(ctl, id, ds);
	case IPC_SET:
		return set_queue(ctl, id, ds);
	case IPC_RMID:
		return remove_queue(ctl, id);
	case IPC_INFO:
		return tell_limits(ctl, false, ds);
	case MSG_INFO:
		return tell_limits(ctl, true, ds);
	case MSG_STAT:
		return stat_index(ctl, id, false, ds);
	case MSG_STAT_ANY:
		return stat_index(ctl, id, true, ds);
	default:
		return sysv_fail(EINVAL);
	}
}

SYSV_PUBLIC int msgctl(int id, int command, struct msqid_ds *ds)
{
	struct sysv_guard guard;
	int before = errno;
	int ctl, ret = -1;

	if (id < 0 || command < 0)
		return sysv_fail(EINVAL);
	sysv_guard_enter(&guard);
	ctl = sysv_open_device();
	if (ctl >= 0) {
		ret = control(ctl, id, command, ds);
		if (ret < 0 && (errno == EMFILE || errno == ENFILE))
			errno = ENOMEM;
		sysv_close(ctl);
	}
	sysv_guard_leave(&guard);
	if (ret >= 0)
		errno = before;
	return ret;
}
