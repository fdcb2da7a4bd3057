// SPDX-License-Identifier: GPL-2.0-only
/* A mailbox among the descriptors that epoll_wait(2) watches. */
#include <sys/epoll.h>

#include "loop.h"

int main(void)
{
	int box = loop_start_sender(), loop = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN, .data.fd = box };

	if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, box, &event))
		err(1, "epoll_ctl");
	do {
		if (epoll_wait(loop, &event, 1, -1) < 0)
			err(1, "epoll_wait");
	} while (loop_receive(event.data.fd));
	close(loop);
	return loop_end(box);
}
