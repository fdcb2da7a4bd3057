// SPDX-License-Identifier: GPL-2.0-only
/* A mailbox as a poll handle of libuv. */
#include <uv.h>

#include "loop.h"

static int box;

static void on_ready(uv_poll_t *handle, int status, int events)
{
	(void)events;
	if (status < 0)
		errx(1, "uv_poll: %s", uv_strerror(status));
	if (!loop_receive(box))
		uv_close((uv_handle_t *)handle, NULL);
}

int main(void)
{
	uv_loop_t *loop = uv_default_loop();
	uv_poll_t handle;

	box = loop_start_sender();
	if (uv_poll_init(loop, &handle, box) ||
	    uv_poll_start(&handle, UV_READABLE | UV_DISCONNECT, on_ready))
		errx(1, "uv_poll_start failed");
	uv_run(loop, UV_RUN_DEFAULT);
	if (uv_loop_close(loop))
		errx(1, "something is left in the loop");
	return loop_end(box);
}
