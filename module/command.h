/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_COMMAND_H
#define _IMB_COMMAND_H

#include <linux/ipcmbox.h>

#include "buffer.h"
#include "ioctl.h"

struct imb_mbox;
struct imb_msg;
struct imb_patience;
struct imb_port;
struct imb_receipt;
struct imb_reception;
struct pid;

/* The ioctls of a port. */
extern const struct imb_ioctl imb_commands[];
extern const size_t imb_commands_count;

/* Those that come as parts of others too. */
extern const struct imb_ioctl imb_command_send_op;
extern const struct imb_ioctl imb_command_recv_op;
extern const struct imb_ioctl imb_command_reply_op;

/* What the handlers share. */
struct imb_port *imb_ucmd_port(const struct imb_ucmd *ucmd);
bool imb_ucmd_dontwait(const struct imb_ucmd *ucmd, u32 flags);
int imb_ucmd_pay(struct imb_ucmd *ucmd);
struct imb_msg *imb_command_import(struct imb_ucmd *ucmd, u64 data, u64 len,
				   bool vector);
int imb_command_attach(struct imb_msg *msg, const struct imb_mbox *mbox,
		       u64 user, u32 count);

/**
 * struct imb_recv_call - what lasts as long as a receive
 * @buffer: the user's memory
 * @process: the sender that it wants messages of, a reference, or NULL
 * @fds: descriptors that are given
 */
struct imb_recv_call {
	struct imb_buffer buffer;
	struct pid *process;
	s32 fds[IPCMBOX_FDS_MAX];
};

int imb_command_tell_fds(u64 user, const s32 *numbers, u32 count);
void imb_command_correct_fds(u64 user, const s32 *numbers, u32 count);
struct imb_msg *imb_send_begin(struct imb_ucmd *ucmd);
int imb_send_run(struct imb_ucmd *ucmd, const struct imb_patience *patience);
int imb_send_report(struct imb_ucmd *ucmd, const struct imb_receipt *receipt);
int imb_recv_begin(struct imb_ucmd *ucmd, struct imb_recv_call *recv,
		   struct imb_reception *rx);
void imb_recv_end(struct imb_recv_call *recv);
int imb_recv_report(const struct imb_reception *rx, struct imb_ucmd *ucmd);
int imb_recv_report_length(const struct imb_reception *rx,
			   struct imb_ucmd *ucmd);
int imb_recv_run(struct imb_ucmd *ucmd, const struct imb_patience *patience,
		 int (*receive)(struct imb_mbox *mbox,
				struct imb_reception *rx));
int imb_ucmd_fetch_part(struct imb_ucmd *part, const struct imb_ucmd *whole,
			union imb_arg *arg, u64 user,
			const struct imb_ioctl *op);
int imb_command_send(struct imb_ucmd *ucmd);
int imb_command_cancel(struct imb_ucmd *ucmd);
int imb_command_recv(struct imb_ucmd *ucmd);
int imb_command_peek(struct imb_ucmd *ucmd);

/* command_call.c */
int imb_command_call(struct imb_ucmd *ucmd);
int imb_command_reply(struct imb_ucmd *ucmd);
int imb_command_reply_recv(struct imb_ucmd *ucmd);

/* command_notify.c */
int imb_command_notify(struct imb_ucmd *ucmd);

/* command_cast.c */
int imb_command_subscribe(struct imb_ucmd *ucmd);

/* command_batch.c */
int imb_command_sendv(struct imb_ucmd *ucmd);
int imb_command_recvv(struct imb_ucmd *ucmd);

/* command_name.c */
int imb_command_create(struct imb_ucmd *ucmd);
int imb_command_open(struct imb_ucmd *ucmd);
int imb_command_unlink(struct imb_ucmd *ucmd);
int imb_command_list(struct imb_ucmd *ucmd);

/* command_select.c */
int imb_command_select(struct imb_ucmd *ucmd);

#endif /* _IMB_COMMAND_H */
