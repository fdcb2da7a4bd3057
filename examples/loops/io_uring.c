// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox read by io_uring: a read that waits is a request in the ring, and its
 * completion is the message. 0 bytes are the end, as with read(2).
 */
#include <liburing.h>
#include <string.h>

#include "loop.h"

int main(void)
{
	int box = loop_start_sender(), result;
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	char letter;

	/* io_uring takes O_NONBLOCK as the wish to be told EAGAIN. */
	if (fcntl(box, F_SETFL, 0))
		err(1, "fcntl");
	if (io_uring_queue_init(4, &ring, 0))
		errx(1, "io_uring_queue_init failed");
	do {
		sqe = io_uring_get_sqe(&ring);
		io_uring_prep_read(sqe, box, &letter, 1, 0);
		if (io_uring_submit(&ring) != 1 ||
		    io_uring_wait_cqe(&ring, &cqe))
			errx(1, "io_uring_submit failed");
		result = cqe->res;
		io_uring_cqe_seen(&ring, cqe);
		if (result < 0)
			errx(1, "read: %s", strerror(-result));
		if (result)
			printf("got %c\n", letter);
		loop_letters += result;
	} while (result);
	puts("the sender has gone");
	io_uring_queue_exit(&ring);
	return loop_end(box);
}
