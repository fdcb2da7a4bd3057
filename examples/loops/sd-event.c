// SPDX-License-Identifier: GPL-2.0-only
/* A mailbox as a source of systemd's event loop, sd-event(3). */
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "loop.h"

static int on_ready(sd_event_source *source, int fd, uint32_t events,
		    void *unused)
{
	(void)events;
	(void)unused;
	if (loop_receive(fd))
		return 0;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static void check(int result, const char *what)
{
	if (result < 0)
		errx(1, "%s: %s", what, strerror(-result));
}

int main(void)
{
	int box = loop_start_sender();
	sd_event *event = NULL;

	check(sd_event_new(&event), "sd_event_new");
	check(sd_event_add_io(event, NULL, box, EPOLLIN, on_ready, NULL),
	      "sd_event_add_io");
	check(sd_event_loop(event), "sd_event_loop");
	sd_event_unref(event);
	return loop_end(box);
}
