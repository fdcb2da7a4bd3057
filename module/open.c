// SPDX-License-Identifier: GPL-2.0-only
/*
 * How ports are opened, and how the user gets their descriptors. See port.h.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/slab.h>

#include "ioctl.h"
#include "mbox.h"
#include "name.h"
#include "owner.h"
#include "port.h"

/**
 * imb_open_flags_check() - check open_flags from the user
 * @open_flags: the flags
 * @known: those that make sense there, beside O_CLOEXEC and O_NONBLOCK
 *
 * Return: 0 or -EINVAL.
 */
int imb_open_flags_check(u32 open_flags, u32 known)
{
	if (open_flags & ~(known | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if ((open_flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	return 0;
}

static struct imb_port *imb_port_new(struct imb_mbox *rx, struct imb_mbox *tx,
				     bool admin)
{
	struct imb_port *port = kzalloc(sizeof(*port), GFP_KERNEL_ACCOUNT);

	if (!port)
		return NULL;
	port->rx = imb_mbox_get(rx);
	port->tx = imb_mbox_get(tx);
	port->admin = admin;
	return port;
}

/* Of a port that was never attached. */
static void imb_port_drop(struct imb_port *port)
{
	imb_mbox_put(port->rx);
	imb_mbox_put(port->tx);
	kfree(port);
}

static void imb_port_mark(struct file *file)
{
	stream_open(file_inode(file), file);
	file->f_mode |= FMODE_NOWAIT;
}

/* A file without a name, whose port may be still to come. */
static struct file *imb_port_file(struct imb_port *port, u32 open_flags)
{
	struct file *file;

	file = anon_inode_getfile("[ipcmbox]", &imb_port_fops, port,
				  open_flags & (O_ACCMODE | O_NONBLOCK));
	if (!IS_ERR(file))
		imb_port_mark(file);
	return file;
}

static void imb_port_attach(struct imb_port *port, struct file *file)
{
	imb_mbox_attach(port->rx, file->f_mode & FMODE_READ);
	imb_mbox_attach(port->tx, file->f_mode & FMODE_WRITE);
}

/**
 * imb_port_open() - open a port
 * @rx: mailbox to receive from; the port takes a reference of its own
 * @tx: mailbox to send to; likewise
 * @open_flags: O_RDONLY, O_WRONLY or O_RDWR, O_NONBLOCK; checked
 * @admin: whether it has the admin right
 *
 * Return: its file, or an ERR_PTR.
 */
struct file *imb_port_open(struct imb_mbox *rx, struct imb_mbox *tx,
			   u32 open_flags, bool admin)
{
	struct imb_port *port;
	struct file *file;

	port = imb_port_new(rx, tx, admin);
	if (!port)
		return ERR_PTR(-ENOMEM);
	file = imb_port_file(port, open_flags);
	if (IS_ERR(file)) {
		imb_port_drop(port);
		return file;
	}
	imb_port_attach(port, file);
	return file;
}

/**
 * imb_port_open_name() - open(2) of a name
 * @inode: what it names
 * @file: the file; gets a port without the admin right
 *
 * Return: 0, -EIDRM or -ENOMEM.
 */
int imb_port_open_name(struct inode *inode, struct file *file)
{
	struct imb_mbox *mbox = imb_name_mbox(inode);
	struct imb_port *port;

	if (imb_mbox_is_dead(mbox) || imb_owner_is_gone(mbox))
		return -EIDRM;
	port = imb_port_new(mbox, mbox, false);
	if (!port)
		return -ENOMEM;
	file->private_data = port;
	imb_port_mark(file);
	imb_port_attach(port, file);
	return 0;
}

/**
 * imb_port_open_at() - open a name, but do not keep its directory in use
 * @root: the directory
 * @dentry: the name
 * @open_flags: as of imb_port_open()
 * @admin: whether the port has the admin right
 *
 * Return: its file, or an ERR_PTR, see imb_name_open().
 */
struct file *imb_port_open_at(const struct path *root, struct dentry *dentry,
			      u32 open_flags, bool admin)
{
	struct file *file, *opened;
	struct imb_port *port;

	/* First all that can fail, as peers see a port that comes. */
	file = imb_port_file(NULL, open_flags);
	if (IS_ERR(file))
		return file;
	opened = imb_name_open(root, dentry, open_flags);
	if (IS_ERR(opened)) {
		fput(file);
		return opened;
	}
	port = opened->private_data;
	opened->private_data = NULL;
	port->admin = admin;
	file->private_data = port;
	fput(opened);
	return file;
}

/**
 * imb_port_own_inbox() - let an inbox belong to a port
 * @file: the port, which nobody else knows yet
 * @inbox: the inbox; it ends with the port
 */
void imb_port_own_inbox(struct file *file, struct imb_inbox *inbox)
{
	struct imb_port *port = file->private_data;

	port->inbox = inbox;
}

/**
 * imb_port_publish() - give files to the user who asked for them
 * @ucmd: the ioctl
 * @files: the files; they belong to the callee, whatever comes of the call
 * @fds: where in @ucmd->arg their descriptors stand
 * @count: how many, at most 2
 *
 * Writes the argument back before a descriptor can be used, so that on failure
 * there is none.
 *
 * Return: 0, -EMFILE, -ENOMEM or -EFAULT.
 */
int imb_port_publish(struct imb_ucmd *ucmd, struct file **files, s32 *fds,
		     unsigned int count)
{
	unsigned int reserved, i;
	int ret;

	for (reserved = 0; reserved < count; reserved++) {
		ret = get_unused_fd_flags(O_CLOEXEC);
		if (ret < 0)
			goto err_fds;
		fds[reserved] = ret;
	}
	ret = imb_ucmd_respond(ucmd);
	if (ret)
		goto err_fds;
	for (i = 0; i < count; i++)
		fd_install(fds[i], files[i]);
	return 0;

err_fds:
	while (reserved--)
		put_unused_fd(fds[reserved]);
	for (i = 0; i < count; i++)
		fput(files[i]);
	return ret;
}

/**
 * imb_port_reserve() - make sure that a descriptor can be given to the user
 * @ucmd: the ioctl
 * @fd: where in @ucmd->arg it stands
 *
 * For what cannot be undone once it is done: after that nothing can fail any more.
 *
 * Return: the descriptor, for fd_install() or put_unused_fd(); -EMFILE, -ENOMEM or -EFAULT.
 */
int imb_port_reserve(struct imb_ucmd *ucmd, s32 *fd)
{
	int ret;

	*fd = get_unused_fd_flags(O_CLOEXEC);
	if (*fd < 0)
		return *fd;
	ret = imb_ucmd_respond(ucmd);
	if (!ret)
		return *fd;
	put_unused_fd(*fd);
	return ret;
}
