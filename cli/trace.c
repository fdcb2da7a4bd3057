// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox trace: what happens in mailboxes, as the tracepoints of the module tell it. An
 * instance of tracefs of its own keeps it apart from others who trace.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

#define PREFIX		"ipcmbox-"

static const char *const places[] = {
	"/sys/kernel/tracing",
	"/sys/kernel/debug/tracing",
};

struct trace {
	const struct settings *set;
	char *instance, *filter;
	uint64_t lines;
};

static char *join(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		need(NULL);
	return path;
}

static int put(const char *folder, const char *file, const char *text)
{
	char *path = join(folder, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = -1;

	free(path);
	if (fd < 0)
		return -1;
	ret = write_all(fd, text, strlen(text));
	close(fd);
	return ret;
}

/* What was left by one that was killed would keep the module in use. */
static void remove_stale(const char *instances)
{
	DIR *folder = opendir(instances);
	const struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		const char *name = entry->d_name;
		pid_t pid;
		char *path;

		if (strncmp(name, PREFIX, strlen(PREFIX)))
			continue;
		pid = atoi(name + strlen(PREFIX));
		if (pid <= 0 || !kill(pid, 0) || errno != ESRCH)
			continue;
		path = join(instances, name);
		rmdir(path);
		free(path);
	}
	closedir(folder);
}

/* A folder of tracefs where events are enabled without those of others. */
static char *instance_new(void)
{
	char *instances = NULL, *instance, name[32];
	const char *place = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places) && !instances; i++) {
		place = places[i];
		instances = join(place, "instances");
		if (!access(instances, F_OK))
			break;
		free(instances);
		instances = NULL;
	}
	if (!instances) {
		if (geteuid())
			say("only root may trace");
		else
			say("there is no tracefs: mount -t tracefs nodev %s",
			    places[0]);
		return NULL;
	}
	remove_stale(instances);
	snprintf(name, sizeof(name), PREFIX "%d", (int)getpid());
	instance = join(instances, name);
	free(instances);
	if (mkdir(instance, 0700)) {
		fail("%s", instance);
		free(instance);
		return NULL;
	}
	return instance;
}

/* Those that tell of no mailbox cannot be chosen by one. */
static bool has_mailbox(const char *event)
{
	return strcmp(event, "ipcmbox_wake") && strcmp(event, "ipcmbox_limit");
}

static int enable_event(const struct trace *trace, const char *events,
			const char *event)
{
	char *folder = join(events, event);
	int ret = 0;

	if (trace->filter && !has_mailbox(event))
		goto out;
	if (trace->filter)
		ret = put(folder, "filter", trace->filter);
	if (!ret)
		ret = put(folder, "enable", "1");
out:
	free(folder);
	return ret;
}

static int enable(const struct trace *trace)
{
	char *events = join(trace->instance, "events/ipcmbox");
	DIR *folder = opendir(events);
	const struct dirent *entry;
	int status = STATUS_OK;

	if (!folder)
		status = fail("the tracepoints of the module");
	while (!status && (entry = readdir(folder)))
		if (!strncmp(entry->d_name, "ipcmbox_", 8) &&
		    enable_event(trace, events, entry->d_name))
			status = fail("%s", entry->d_name);
	if (folder)
		closedir(folder);
	free(events);
	return status;
}

/* The names of tasks are those that others gave them. */
static void print_line(const char *line, size_t len)
{
	char *text, *error;
	const char *name;

	while (len && isspace((unsigned char)*line))
		line++, len--;
	text = escape(line, len, ESCAPE_NAME);
	error = strstr(text, " error=-");
	name = error ? strerrorname_np(atoi(error + strlen(" error=-"))) : NULL;
	printf("%s%s%s\n", text, name ? " " : "", name ? name : "");
	free(text);
}

static bool has_line(const struct input *in)
{
	return in->begin < in->end &&
	       memchr(in->data + in->begin, '\n', in->end - in->begin);
}

/* Until there is something to read. False if it is to end, with a status. */
static bool wait_for_events(const struct trace *trace, int fd, int *status)
{
	uint64_t deadline = deadline_of(trace->set), now;
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	*status = STATUS_OK;
	while (!stop_signal()) {
		/* The kernel wakes us when there is much; look also before. */
		if (poll(&poller, 1, 100) > 0)
			return true;
		if (output_check()) {
			*status = fail("standard output");
			return false;
		}
		now = ipcmbox_deadline(0);
		if (deadline && now >= deadline) {
			errno = ETIMEDOUT;
			*status = fail("nothing has happened");
			return false;
		}
	}
	return false;
}

static int copy_lines(struct trace *trace, struct input *in)
{
	const char *line;
	int status, found;
	size_t len;

	while (!trace->set->given[OPT_COUNT] ||
	       trace->lines < trace->set->count) {
		if (!has_line(in)) {
			if (fflush(stdout))
				return fail("standard output");
			if (!wait_for_events(trace, in->fd, &status))
				return status;
		}
		found = input_next(in, INPUT_LINES, SIZE_MAX, &line, &len);
		if (found <= 0)
			return found ? STATUS_ERROR : STATUS_OK;
		print_line(line, len);
		trace->lines++;
	}
	return STATUS_OK;
}

static int follow(struct trace *trace)
{
	char *path = join(trace->instance, "trace_pipe");
	int fd = open(path, O_RDONLY | O_CLOEXEC), status;
	struct input in;

	free(path);
	if (fd < 0)
		return fail("trace_pipe");
	status = enable(trace);
	if (!status) {
		input_start(&in, fd, "trace_pipe");
		status = copy_lines(trace, &in);
		input_finish(&in);
	}
	close(fd);
	put(trace->instance, "events/ipcmbox/enable", "0");
	return status;
}

/* What has the tracepoints tell of these mailboxes only; false if one is not there. */
static bool choose(struct trace *trace, const struct operands *op)
{
	int ctl = control_open(trace->set), i;
	bool found = ctl >= 0;

	for (i = 0; found && i < op->count; i++) {
		const char *name = name_operand(trace->set, op->word[i]);
		struct ipcmbox_entry entry;
		char *longer;

		found = name && names_find(ctl, name, &entry);
		if (!found) {
			if (name)
				fail("%s", name);
			break;
		}
		if (asprintf(&longer, "%s%smailbox==%llu",
			     trace->filter ? trace->filter : "",
			     trace->filter ? "||" : "",
			     (unsigned long long)entry.mailbox) < 0)
			need(NULL);
		free(trace->filter);
		trace->filter = longer;
	}
	if (ctl >= 0)
		close(ctl);
	return found;
}

int run_trace(const struct settings *set, struct operands *op)
{
	struct trace trace = { .set = set };
	int status = STATUS_ERROR;

	if (op->count && !choose(&trace, op))
		return STATUS_ERROR;
	stop_catch();
	trace.instance = instance_new();
	if (trace.instance) {
		status = follow(&trace);
		if (rmdir(trace.instance))
			status = fail("%s", trace.instance);
	}
	free(trace.instance);
	free(trace.filter);
	return status;
}
