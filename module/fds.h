/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_FDS_H
#define _IMB_FDS_H

#include <linux/types.h>

struct file;

/**
 * DOC: Descriptors in messages
 *
 * A message can carry open files. A mailbox holds messages, so a message that held a
 * mailbox could keep itself alive; therefore files of this module are refused, as well as
 * sockets of AF_UNIX and rings of io_uring, which can hold any file in turn. Of what is
 * left none holds another.
 *
 * Who receives it reserves descriptors first, so that it cannot fail for lack of them
 * later, and is given the files when the message is his: nobody sees a file of a message
 * that was taken back.
 */


/**
 * struct imb_fds - the files of a message
 * @count: how many
 * @files: the files, a reference to each
 */
struct imb_fds {
	u32 count;
	struct file *files[];
};

struct imb_fds *imb_fds_import(u64 user, u32 count);
void imb_fds_free(struct imb_fds *fds);
u64 imb_fds_truesize(const struct imb_fds *fds);
u64 imb_fds_truesize_of(u32 count);
int imb_fds_reserve(s32 *numbers, u32 count);
void imb_fds_release(const s32 *numbers, u32 count);
void imb_fds_install(const struct imb_fds *fds, s32 *numbers, u32 count);
void imb_fds_uninstall(const s32 *numbers, u32 count);

#endif /* _IMB_FDS_H */
