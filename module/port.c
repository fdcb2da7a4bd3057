// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports: the file operations of a mailbox. See port.h. How they are opened is in open.c,
 * the ioctls in command.c.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/ipcmbox.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "account.h"
#include "call.h"
#include "cast.h"
#include "command.h"
#include "inbox.h"
#include "instance.h"
#include "ioctl.h"
#include "mbox.h"
#include "msg.h"
#include "name.h"
#include "owner.h"
#include "port.h"
#include "region.h"
#include "xfer.h"

/*
 * O_NONBLOCK is for all calls. Who asks call by call, by RWF_NOWAIT or through
 * io_uring, has other things to do than to see a receiver through its copy.
 */
static struct imb_patience imb_port_patience(const struct kiocb *iocb)
{
	bool nosleep = iocb->ki_flags & IOCB_NOWAIT;

	return (struct imb_patience){
		.dontwait = nosleep || (iocb->ki_filp->f_flags & O_NONBLOCK),
		.nosleep = nosleep,
	};
}

/**
 * imb_port_pay() - find out who pays for a call on a port
 * @port: the port
 * @payer: to be given to imb_payer_put() when the call ends
 *
 * Return: 0 or -ENOMEM.
 */
int imb_port_pay(struct imb_port *port, struct imb_payer *payer)
{
	return imb_payer_get(payer, &port->acct,
			     imb_instance_account(port->rx->instance));
}

static ssize_t imb_port_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct imb_port *port = iocb->ki_filp->private_data;
	struct imb_reception rx = {
		.to = to,
		.patience = imb_port_patience(iocb),
	};
	struct imb_payer payer = {};
	int ret;

	if (!iov_iter_count(to))
		return 0;
	ret = imb_port_pay(port, &payer);
	if (ret)
		return ret;
	rx.patience.acct = payer.acct;
	ret = imb_xfer_receive(port->rx, &rx);
	imb_payer_put(&payer);
	if (ret)
		return ret == -EPIPE ? 0 : ret;
	return rx.len;
}

/* One message, at the expense of @payer. */
static int imb_port_write(struct kiocb *iocb, struct iov_iter *from,
			  struct imb_payer *payer)
{
	struct imb_port *port = iocb->ki_filp->private_data;
	struct imb_patience patience = imb_port_patience(iocb);
	struct imb_receipt receipt = {};
	struct imb_msg *msg;
	int ret;

	ret = imb_port_pay(port, payer);
	if (ret)
		return ret;
	patience.acct = payer->acct;
	msg = imb_xfer_import(port->tx, from, payer->acct);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	/* A program may write where others want it to, not knowing what that is. */
	msg->uid = iocb->ki_filp->f_cred->euid;
	msg->gid = iocb->ki_filp->f_cred->egid;
	if (imb_cast_is_hub(port->tx))
		ret = imb_cast_send(port->tx, msg, &patience, false, &receipt);
	else
		ret = imb_xfer_send(port->tx, msg, &patience, false, &receipt);
	return ret;
}

static ssize_t imb_port_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	size_t len = iov_iter_count(from);
	struct imb_payer payer = {};
	int ret;

	if (!len)
		return 0;
	ret = imb_port_write(iocb, from, &payer);
	imb_payer_put(&payer);
	if (ret == -EPIPE)
		send_sig(SIGPIPE, current, 0);
	return ret ?: len;
}

static __poll_t imb_port_poll(struct file *file, poll_table *table)
{
	struct imb_port *port = file->private_data;
	__poll_t events = 0;

	if (port->rx == port->tx)
		return imb_mbox_poll(port->rx, file, table, file->f_mode);
	if (file->f_mode & FMODE_READ)
		events |= imb_mbox_poll(port->rx, file, table, FMODE_READ);
	if (file->f_mode & FMODE_WRITE)
		events |= imb_mbox_poll(port->tx, file, table, FMODE_WRITE);
	return events;
}

static int imb_port_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct imb_port *port = file->private_data;

	return imb_region_mmap(port->rx->region, vma);
}

static void imb_port_show_mbox(struct seq_file *m, const char *prefix,
			       struct imb_mbox *mbox)
{
	static const char *const orders[] = { "fifo", "lifo", "priority" };
	static const char *const policies[] = {
		"longest",	"recent",    "task-priority",
		"one-receiver", "exclusive",
	};
	struct ipcmbox_info info = {};

	imb_mbox_info(mbox, &info);
	seq_printf(m, "%smailbox:\t%llu\n", prefix, info.mailbox);
	if (info.capacity == IPCMBOX_UNBOUNDED)
		seq_printf(m, "%scapacity:\tunbounded\n", prefix);
	else
		seq_printf(m, "%scapacity:\t%llu\n", prefix, info.capacity);
	seq_printf(m, "%sorder:\t%s\n", prefix, orders[info.order]);
	seq_printf(m, "%spolicy:\t%s\n", prefix, policies[info.policy]);
	seq_printf(m, "%squeued:\t%llu\n", prefix, info.queued);
	seq_printf(m, "%squeued-bytes:\t%llu\n", prefix, info.queued_bytes);
	seq_printf(m, "%ssenders-waiting:\t%llu\n", prefix,
		   info.senders_waiting);
	seq_printf(m, "%sreceivers-waiting:\t%llu\n", prefix,
		   info.receivers_waiting);
	seq_printf(m, "%scalls:\t%llu\n", prefix, info.calls);
	seq_printf(m, "%sdestroyed:\t%d\n", prefix,
		   !!(info.state & IPCMBOX_STATE_DESTROYED));
	seq_printf(m, "%ssent:\t%llu\n", prefix, info.sent);
	seq_printf(m, "%sreceived:\t%llu\n", prefix, info.received);
	seq_printf(m, "%sregion:\t%llu\n", prefix, info.region_size);
}

static void imb_port_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct imb_port *port = file->private_data;

	seq_printf(m, "ipcmbox-access:\t%s%s%s\n",
		   file->f_mode & FMODE_READ ? "r" : "",
		   file->f_mode & FMODE_WRITE ? "w" : "",
		   port->admin ? "a" : "");
	/* A duplex pair has neither of these. */
	imb_name_show(m, port->rx);
	seq_printf(m, "ipcmbox-owner:\t%d\n", imb_owner_number(port->rx));
	seq_printf(m, "ipcmbox-uid:\t%u\n",
		   from_kuid_munged(seq_user_ns(m), port->rx->uid));
	imb_port_show_mbox(m, "ipcmbox-", port->rx);
	if (port->tx != port->rx)
		imb_port_show_mbox(m, "ipcmbox-tx-", port->tx);
}

static int imb_port_set_fasync(int fd, struct file *file, int on)
{
	fmode_t mode = file->f_mode & (FMODE_READ | FMODE_WRITE);
	struct imb_port *port = file->private_data;

	if (port->rx == port->tx)
		return imb_notifier_fasync(&port->rx->notifier, fd, file, on,
					   mode);
	return imb_notifier_fasync(&port->rx->notifier, fd, file, on, mode & FMODE_READ) ?:
		       imb_notifier_fasync(&port->tx->notifier, fd, file, on,
					   mode & FMODE_WRITE);
}

static int imb_port_fasync(int fd, struct file *file, int on)
{
	int ret = imb_port_set_fasync(fd, file, on);

	if (ret)
		imb_port_set_fasync(fd, file, 0);
	return ret;
}

/**
 * imb_port_watch() - change what a port asks to be told of
 * @port: the port
 * @watches: watches of what it receives from and, if that is another mailbox, of what it
 *	sends to, or NULL; set to those that the caller has to free
 *
 * Return: 0, or -EUSERS; nothing is changed then.
 */
int imb_port_watch(struct imb_port *port, struct imb_watch **watches)
{
	struct imb_notifier *const notifiers[] = {
		[READ] = &port->rx->notifier,
		[WRITE] = &port->tx->notifier,
	};

	return imb_notifier_replace(notifiers, port->watches, watches);
}

static void imb_port_free(struct imb_port *port, fmode_t mode)
{
	struct imb_watch *watches[2] = {};

	imb_inbox_free(port->inbox);
	imb_call_abandon(port->rx, &port->holder, NULL);
	/* Without new ones that cannot fail. */
	(void)imb_port_watch(port, watches);
	imb_watch_free(watches[READ]);
	imb_watch_free(watches[WRITE]);
	imb_mbox_detach(port->rx, mode & FMODE_READ);
	imb_mbox_detach(port->tx, mode & FMODE_WRITE);
	imb_mbox_put(port->rx);
	imb_mbox_put(port->tx);
	imb_account_put(port->acct);
	kfree(port);
}

static int imb_port_release(struct inode *inode, struct file *file)
{
	/* One that never got a port, or whose port has moved, has none. */
	if (file->private_data)
		imb_port_free(file->private_data, file->f_mode);
	return 0;
}

static int imb_port_is_open(const void *file, struct file *other,
			    unsigned int fd)
{
	return other == file;
}

/* Has the calling process no descriptor of this file any more? */
static bool imb_port_is_left(const struct file *file)
{
	return !iterate_fd(current->files, 0, imb_port_is_open, file);
}

/* The bit of imb_port.left that stands for a table of descriptors. */
static unsigned int imb_port_bit(const void *files)
{
	return hash_ptr(files, ilog2(BITS_PER_LONG));
}

/*
 * A descriptor was closed. If it was the last that the process has of this port, which
 * others may have as well, it cannot answer the calls any more that it took; and an
 * inbox is of no use to them. A process is a table of descriptors here: that of @owner,
 * which is not the caller's if it ends as a whole.
 */
static int imb_port_flush(struct file *file, fl_owner_t owner)
{
	struct imb_port *port = file->private_data;
	bool mine = port->inbox && imb_inbox_is_of(port->inbox, owner);
	/* Other threads may be in a call. */
	bool shared = owner == current->files &&
		      atomic_read(&current->files->count) > 1;

	imb_owner_flush(port->rx);
	/* A thread that has just let go of the table may have taken a call before. */
	smp_rmb();
	if (!owner || !(file->f_mode & FMODE_READ) ||
	    (!mine && !shared && !READ_ONCE(port->holder.count)))
		return 0;
	if (owner == current->files && !imb_port_is_left(file))
		return 0;
	if (shared) {
		set_bit(imb_port_bit(owner), &port->left);
		/* Pairs with the barrier in imb_port_end_receive(). */
		smp_mb__after_atomic();
	}
	imb_call_abandon(port->rx, &port->holder, owner);
	if (mine)
		imb_inbox_end(port->inbox);
	return 0;
}

/**
 * imb_port_end_receive() - the caller has done with a port by which it may have received
 * @file: the port's file
 *
 * While one thread waited to receive, another may have closed the descriptor. For calls
 * that were received since, imb_port_flush() came too early.
 */
void imb_port_end_receive(struct file *file)
{
	struct imb_port *port = file->private_data;

	if (!(file->f_mode & FMODE_READ) || !READ_ONCE(port->holder.count))
		return;
	/* Either imb_port_flush() sees the call, or this sees the close. */
	smp_mb();
	if (test_bit(imb_port_bit(current->files), &port->left) &&
	    imb_port_is_left(file))
		imb_call_abandon(port->rx, &port->holder, current->files);
}

static long imb_port_ioctl(struct file *file, unsigned int cmd,
			   unsigned long user)
{
	long ret;

	ret = imb_ioctl_run(imb_commands, imb_commands_count, file, cmd, user);
	imb_port_end_receive(file);
	return ret;
}

const struct file_operations imb_port_fops = {
	.owner = THIS_MODULE,
	.open = imb_port_open_name,
	.read_iter = imb_port_read_iter,
	.write_iter = imb_port_write_iter,
	.poll = imb_port_poll,
	.mmap = imb_port_mmap,
	.show_fdinfo = imb_port_show_fdinfo,
	.fasync = imb_port_fasync,
	.flush = imb_port_flush,
	.release = imb_port_release,
	.unlocked_ioctl = imb_port_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * imb_port_is() - is a file a port?
 * @file: the file
 *
 * Return: whether its private_data is a struct imb_port.
 */
bool imb_port_is(const struct file *file)
{
	return file->f_op == &imb_port_fops;
}
