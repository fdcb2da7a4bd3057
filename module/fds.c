// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files that a message carries. See fds.h.
 */
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/magic.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include "account.h"
#include "compat.h"
#include "fds.h"

/*
 * There is no other sign that a module can see. Names of this file system never change.
 */
static bool imb_file_is_io_uring(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == ANON_INODE_FS_MAGIC &&
	       !strcmp(file->f_path.dentry->d_name.name, "[io_uring]");
}

static bool imb_file_can_hold_others(struct file *file)
{
	struct socket *sock = sock_from_file(file);

	/* A directory of names keeps the mailboxes that they name. */
	return file->f_op->owner == THIS_MODULE ||
	       file_inode(file)->i_sb->s_type->owner == THIS_MODULE ||
	       imb_file_is_io_uring(file) ||
	       (sock && sock->ops && sock->ops->family == PF_UNIX);
}

/* Files of no file system that could be mounted; each name is the kernel's. */
static bool imb_file_is_plain_anonymous(const struct file *file)
{
	static const char *const kinds[] = { "[eventfd]", "[timerfd]",
					     "[signalfd]", "[pidfd]" };
	int kind;

	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		if (!strcmp(file->f_path.dentry->d_name.name, kinds[kind]))
			return true;
	return false;
}

/* What is in no mount but one of the kernel's own, and leads to nothing else. */
static bool imb_file_keeps_no_mount(const struct file *file)
{
	if (!(file->f_path.mnt->mnt_flags & MNT_INTERNAL))
		return false;
	switch (file_inode(file)->i_sb->s_magic) {
	case PIPEFS_MAGIC:
	case SOCKFS_MAGIC:
	case TMPFS_MAGIC: /* memfd_create(2) */
	case HUGETLBFS_MAGIC:
	case PID_FS_MAGIC:
		return true;
	case ANON_INODE_FS_MAGIC:
		return imb_file_is_plain_anonymous(file);
	}
	return false;
}

static int imb_fds_add(struct imb_fds *fds, s32 number)
{
	struct file *file = fget(number);

	if (!file)
		return -EBADF;
	fds->files[fds->count++] = file;
	return imb_file_can_hold_others(file) ? -ELOOP : 0;
}

/**
 * imb_flight_begin() - have the calling user pay for files
 * @flight: to be given to imb_flight_end(), whatever comes of this call
 * @count: how many
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM or -ETOOMANYREFS; nobody pays then.
 */
int imb_flight_begin(struct imb_flight *flight, u32 count)
{
	struct imb_account *acct;
	int ret;

	flight->acct = NULL;
	if (!count)
		return 0;
	acct = imb_account_get_current(NULL);
	if (IS_ERR(acct))
		return PTR_ERR(acct);
	ret = imb_account_charge_files(acct, count);
	if (ret) {
		imb_account_put(acct);
		return ret;
	}
	flight->acct = acct;
	atomic_set(&flight->count, count);
	return 0;
}

/**
 * imb_flight_land() - nobody pays any more
 * @flight: what was charged; any number of times, also under a spinlock
 */
void imb_flight_land(struct imb_flight *flight)
{
	if (flight->acct)
		imb_account_uncharge_files(flight->acct,
					   atomic_xchg(&flight->count, 0));
}

/**
 * imb_flight_end() - the same, for the last time
 * @flight: what was charged
 */
void imb_flight_end(struct imb_flight *flight)
{
	imb_flight_land(flight);
	if (flight->acct)
		imb_account_put(flight->acct);
}

/**
 * imb_fds_import() - get files of the calling process
 * @user: address of their descriptors
 * @count: how many, at most IPCMBOX_FDS_MAX
 * @charge: have the calling user pay for them
 *
 * May sleep.
 *
 * Return: the files, NULL if @count is 0, or an ERR_PTR: -EINVAL, -ENOMEM, -EFAULT,
 * -EBADF, -ELOOP; with @charge, -ETOOMANYREFS.
 */
struct imb_fds *imb_fds_import(u64 user, u32 count, bool charge)
{
	const s32 __user *numbers = u64_to_user_ptr(user);
	struct imb_fds *fds;
	int ret = 0;
	s32 number;
	u32 i;

	if (!count)
		return NULL;
	if (count > IPCMBOX_FDS_MAX)
		return ERR_PTR(-EINVAL);
	fds = kmalloc(struct_size(fds, files, count), GFP_KERNEL_ACCOUNT);
	if (!fds)
		return ERR_PTR(-ENOMEM);
	fds->flight.acct = NULL;
	fds->count = 0;
	for (i = 0; !ret && i < count; i++) {
		ret = get_user(number, &numbers[i]);
		if (!ret)
			ret = imb_fds_add(fds, number);
	}
	if (!ret && charge)
		ret = imb_flight_begin(&fds->flight, count);
	if (ret) {
		imb_fds_free(fds);
		return ERR_PTR(ret);
	}
	return fds;
}

/**
 * imb_fds_may_keep_mount() - could one of these files keep a mount, whichever it is?
 * @fds: the files, or NULL
 *
 * Return: false if surely none does.
 */
bool imb_fds_may_keep_mount(const struct imb_fds *fds)
{
	u32 i;

	for (i = 0; fds && i < fds->count; i++)
		if (!imb_file_keeps_no_mount(fds->files[i]))
			return true;
	return false;
}

/**
 * imb_fds_free() - let go of files
 * @fds: the files, or NULL
 */
void imb_fds_free(struct imb_fds *fds)
{
	u32 i;

	if (!fds)
		return;
	for (i = 0; i < fds->count; i++)
		fput(fds->files[i]);
	imb_flight_end(&fds->flight);
	kfree(fds);
}

/**
 * imb_fds_truesize() - what files cost
 * @fds: the files, or NULL
 *
 * Return: bytes of kernel memory that they keep, or nearly.
 */
u64 imb_fds_truesize(const struct imb_fds *fds)
{
	return fds ? imb_fds_truesize_of(fds->count) : 0;
}

/**
 * imb_fds_truesize_of() - what so many files cost
 * @count: how many
 *
 * Return: bytes of kernel memory that they keep, or nearly.
 */
u64 imb_fds_truesize_of(u32 count)
{
	return sizeof(struct imb_fds) +
	       count * (sizeof(struct file *) + sizeof(struct file));
}

/**
 * imb_fds_reserve() - make sure that the calling process has room for files
 * @numbers: set to descriptors that nobody else gets
 * @count: how many
 *
 * Return: 0, -EMFILE or -ENOMEM; none is reserved then.
 */
int imb_fds_reserve(s32 *numbers, u32 count)
{
	int ret;
	u32 i;

	for (i = 0; i < count; i++) {
		ret = get_unused_fd_flags(O_CLOEXEC);
		if (ret < 0) {
			imb_fds_release(numbers, i);
			return ret;
		}
		numbers[i] = ret;
	}
	return 0;
}

/**
 * imb_fds_release() - do without what imb_fds_reserve() has reserved
 * @numbers: the descriptors
 * @count: how many
 */
void imb_fds_release(const s32 *numbers, u32 count)
{
	while (count--)
		put_unused_fd(numbers[count]);
}

/**
 * imb_fds_install() - give files to the calling process
 * @fds: the files
 * @numbers: descriptors that were reserved; set to those of the files, which are
 *	close-on-exec, and -1 for one that could not be given
 * @count: how many of them
 *
 * Security modules are asked as for files that come over a socket: by receive_fd(), which
 * takes a descriptor itself. So the reserved one is let go for it just before. If another
 * thread gets it and there is no other, or prlimit(2) has lowered the limit meanwhile, it
 * fails like a refusal: the file is lost, as the message cannot be given back any more.
 *
 * Return: whether one of @numbers is another than it was.
 */
bool imb_fds_install(const struct imb_fds *fds, s32 *numbers, u32 count)
{
	bool moved = false;
	int ret;
	u32 i;

	for (i = 0; i < count; i++) {
		put_unused_fd(numbers[i]);
		ret = imb_compat_receive_fd(fds->files[i], O_CLOEXEC);
		moved = moved || ret != numbers[i];
		numbers[i] = ret < 0 ? -1 : ret;
	}
	return moved;
}

/**
 * imb_fds_uninstall() - close files of which nobody could be told
 * @numbers: the descriptors, -1 for none
 * @count: how many
 */
void imb_fds_uninstall(const s32 *numbers, u32 count)
{
	while (count--)
		if (numbers[count] >= 0)
			close_fd(numbers[count]);
}
