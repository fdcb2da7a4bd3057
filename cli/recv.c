// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox recv and peek: messages to the standard output.
 *
 * What was received is gone from the mailbox, so it is written before anything else may
 * end the program, and nothing is received when it is known that nobody would read it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define ROOM		65536

static int wrong_options(const struct settings *set, const struct operands *op)
{
	int status = wrong_operands(set, op, 0);

	if (status)
		return status;
	if (!message_forms(set))
		return usage_error("only one form of messages is possible");
	if (!match_single(set))
		return usage_error("only one choice of messages is possible");
	if (set->follow && set->given[OPT_COUNT])
		return usage_error(
			"only one of --count and --follow is possible");
	if (set->inbox && set->given[OPT_FD])
		return usage_error("only one of --inbox and --fd is possible");
	return STATUS_OK;
}

static int inbox_open(const struct settings *set)
{
	struct ipcmbox_attr *attr;
	int ctl = control_open(set), fd, status;

	if (ctl < 0)
		return -1;
	attr = attr_of(set, &status);
	if (!attr)
		return -1;
	fd = ipcmbox_inbox_at(ctl, attr, IPCMBOX_ACCESS_USER, 0, 0);
	if (fd < 0)
		fail("the inbox");
	ipcmbox_attr_free(attr);
	close(ctl);
	return fd;
}

/* From a broadcast only those receive who subscribe; what they store is their own. */
static int subscribe(const struct settings *set, int port)
{
	struct ipcmbox_attr *attr = need(ipcmbox_attr_new());
	int fd;

	ipcmbox_attr_set_capacity(attr, set->given[OPT_CAPACITY] ?
						set->capacity :
						IPCMBOX_UNBOUNDED);
	ipcmbox_attr_set_slow(attr, (enum ipcmbox_slow)set->slow);
	ipcmbox_attr_set_selective(attr, match_options(set).match !=
						 IPCMBOX_MATCH_ANY);
	fd = ipcmbox_subscribe(port, attr, 0);
	if (fd < 0 && errno == EACCES)
		say("the mailbox does not allow --slow %s",
		    value_word_at(SLOW_WORDS, set->slow));
	else if (fd < 0)
		fail("subscription");
	ipcmbox_attr_free(attr);
	close(port);
	return fd;
}

static int source_open(const struct settings *set, struct operands *op)
{
	struct ipcmbox_info info;
	int port;

	if (set->inbox)
		return inbox_open(set);
	port = port_open(set, op, O_RDONLY);
	if (port < 0)
		return -1;
	if (ipcmbox_info(port, 0, &info, sizeof(info))) {
		fail("the mailbox");
		return -1;
	}
	if (info.attributes & IPCMBOX_BROADCAST)
		return subscribe(set, port);
	if (set->given[OPT_SLOW] || set->given[OPT_CAPACITY]) {
		say("--slow and --capacity are for broadcasts, and this is none");
		return -1;
	}
	return port;
}

static ssize_t take(int port, struct message_buffer *buf,
		    const struct ipcmbox_recv_options *options, bool leave,
		    struct ipcmbox_delivery *delivery)
{
	ssize_t len;

	for (;;) {
		struct iovec iov = message_iovec(buf);

		len = leave ? ipcmbox_peek_with(port, &iov, 1, options,
						sizeof(*options), delivery,
						sizeof(*delivery)) :
			      ipcmbox_recv_with(port, &iov, 1, options,
						sizeof(*options), delivery,
						sizeof(*delivery));
		if (len >= 0)
			return len;
		if (errno == EMSGSIZE && delivery->len > buf->room)
			message_grow(buf, delivery->len);
		else if (errno != EINTR || stop_signal())
			return -1;
	}
}

/* What the bytes alone do not tell. */
static void tell(const struct settings *set,
		 const struct ipcmbox_delivery *delivery)
{
	if (delivery->token)
		say("message %llu was a call; its caller gets no answer from here",
		    (unsigned long long)delivery->id);
	if (delivery->nr_fds)
		say("%u descriptors that came with message %llu were closed",
		    delivery->nr_fds, (unsigned long long)delivery->id);
	if (delivery->lag && !set->json)
		say("%llu messages before number %llu were lost",
		    (unsigned long long)delivery->lag,
		    (unsigned long long)delivery->id);
}

static int receive(const struct settings *set, int port, const char *name)
{
	uint64_t most = set->given[OPT_COUNT] ? set->count : 1, done;
	struct ipcmbox_recv_options options = match_options(set);
	struct ipcmbox_delivery delivery;
	struct message_buffer buf;
	int status = STATUS_OK;
	ssize_t len;

	message_start(&buf, ROOM);
	for (done = 0; !status && (set->follow || done < most); done++) {
		if (stop_signal())
			break;
		if (output_check()) {
			status = fail("standard output");
			break;
		}
		options.deadline = deadline_of(set);
		len = take(port, &buf, &options, false, &delivery);
		if (len < 0) {
			/* A signal, or the end that was waited for. */
			if (errno != EINTR && !(errno == EPIPE && set->follow))
				status = fail("%s", name);
			break;
		}
		if (message_write(set, &buf, (size_t)len, &delivery)) {
			status = fail(
				"standard output: message %llu of %zd bytes is lost",
				(unsigned long long)delivery.id, len);
			break;
		}
		tell(set, &delivery);
	}
	message_finish(&buf);
	return status;
}

int run_recv(const struct settings *set, struct operands *op)
{
	const char *name = op->count ? op->word[0] : "the mailbox";
	int status = wrong_options(set, op), port;

	if (status)
		return status;
	stop_catch();
	port = source_open(set, op);
	if (port < 0)
		return STATUS_ERROR;
	return receive(set, port, name);
}

int run_peek(const struct settings *set, struct operands *op)
{
	const char *name = op->count ? op->word[0] : "the mailbox";
	struct ipcmbox_recv_options options = match_options(set);
	struct ipcmbox_delivery delivery;
	struct message_buffer buf;
	int status = wrong_options(set, op), port;
	ssize_t len;

	if (status)
		return status;
	port = port_open(set, op, O_RDONLY);
	if (port < 0)
		return STATUS_ERROR;
	message_start(&buf, ROOM);
	len = take(port, &buf, &options, true, &delivery);
	if (len < 0)
		status = errno == EAGAIN ?
				 fail("%s: no message is there", name) :
				 fail("%s", name);
	else if (message_write(set, &buf, (size_t)len, &delivery))
		status = fail("standard output");
	message_finish(&buf);
	return status;
}
