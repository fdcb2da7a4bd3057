/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_FDS_H
#define _IMB_FDS_H

#include <linux/atomic.h>
#include <linux/types.h>

struct file;
struct imb_account;

/**
 * DOC: Descriptors in messages
 *
 * A message can carry open files. A mailbox holds messages, so a message that held a
 * mailbox could keep itself alive; therefore files of this module are refused, as well as
 * sockets of AF_UNIX and rings of io_uring, which can hold any file in turn. Of what is
 * left none holds another.
 *
 * A mailbox with a name is kept by its directory, too. That of /dev/ipcmbox is there for
 * all, so who put a message there can take it away. But a mounted instance ends with its last
 * mount, and very many files keep mounts: one of a mount namespace, also of /proc/PID/mounts;
 * a file system that is just configured; one on an overlay; and any file of a mount that was
 * detached together with those below it. No sign tells these apart, so there the few kinds go
 * that surely keep none.
 *
 * Who receives it reserves descriptors first, so that it cannot fail for lack of them
 * later, and is given the files when the message is his: nobody sees a file of a message
 * that was taken back.
 *
 * From the time a message gets its files until these are let go of, they are in flight,
 * and counted for the user who sent them. For those of an answer the caller pays: it has room
 * for them from the beginning of the call until it returns, so that no caller, however slow,
 * keeps a server from answering others.
 */

/**
 * struct imb_flight - files for which somebody pays
 * @acct: account of who pays, a reference, or NULL
 * @count: how many are charged to it
 *
 * Who peeks, or receives what is withdrawn, may keep files for as long as he likes. Nobody
 * pays for that: the charge ends when the message has left its mailbox.
 */
struct imb_flight {
	struct imb_account *acct;
	atomic_t count;
};

int imb_flight_begin(struct imb_flight *flight, u32 count);
void imb_flight_land(struct imb_flight *flight);
void imb_flight_end(struct imb_flight *flight);

/**
 * struct imb_fds - the files of a message
 * @flight: who pays for them; nobody if they are of an answer
 * @count: how many
 * @files: the files, a reference to each
 */
struct imb_fds {
	struct imb_flight flight;
	u32 count;
	struct file *files[];
};

struct imb_fds *imb_fds_import(u64 user, u32 count, bool charge);
bool imb_fds_may_keep_mount(const struct imb_fds *fds);
void imb_fds_free(struct imb_fds *fds);
u64 imb_fds_truesize(const struct imb_fds *fds);
u64 imb_fds_truesize_of(u32 count);
int imb_fds_reserve(s32 *numbers, u32 count);
void imb_fds_release(const s32 *numbers, u32 count);
bool imb_fds_install(const struct imb_fds *fds, s32 *numbers, u32 count);
void imb_fds_uninstall(const s32 *numbers, u32 count);

#endif /* _IMB_FDS_H */
