// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox, an operation and its peer. See stage.h.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "stage.h"

/* In a process that lives until it is killed; its descriptor is ours, too. */
static int create_owned(struct stage *stage, struct ipcmbox_create *create)
{
	int ends[2], fd = -1, pidfd;

	if (pipe(ends))
		return -1;
	create->flags |= IPCMBOX_OWNED;
	stage->owner = fork();
	if (!stage->owner) {
		fd = mbox_create_as(create);
		_exit(write(ends[1], &fd, sizeof(fd)) < 0 || pause());
	}
	close(ends[1]);
	if (read(ends[0], &fd, sizeof(fd)) == sizeof(fd) && fd >= 0) {
		pidfd = syscall(SYS_pidfd_open, stage->owner, 0);
		fd = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
		close(pidfd);
	}
	close(ends[0]);
	return fd;
}

int stage_create(struct stage *stage, struct ipcmbox_create *create)
{
	if (stage->where == STAGE_OWNED)
		return create_owned(stage, create);
	if (stage->where == STAGE_NAMED) {
		create->flags |= IPCMBOX_HANGUP | IPCMBOX_EXCL;
		create->name = (uintptr_t)STAGE_NAME;
	}
	return mbox_create_as(create);
}

bool stage_orphan(struct stage *stage)
{
	pid_t pid = stage->owner;

	stage->owner = 0;
	return !pid || (!kill(pid, SIGKILL) && mbox_reap(pid) == SIGKILL);
}

static bool mount_instance(void)
{
	return (!mkdir(STAGE_FOLDER, 0755) || errno == EEXIST) &&
	       !mount("none", STAGE_FOLDER, "ipcmboxfs", 0, "newinstance");
}

static bool open_plain(struct stage *stage)
{
	bool unbounded = stage->capacity == IPCMBOX_UNBOUNDED;
	struct ipcmbox_create create = {
		.flags = IPCMBOX_SELECTIVE,
		.open_flags = O_RDWR,
		.capacity = stage->capacity,
		.max_bytes = unbounded ? STAGE_UNBOUNDED * sizeof(uint32_t) : 0,
		.max_message = STAGE_MESSAGE,
	};
	bool sends = stage->subject->sends;
	int fd = stage_create(stage, &create);

	if (fd < 0)
		return false;
	stage->fd = mbox_reopen(fd, sends ? O_WRONLY : O_RDONLY, IPCMBOX_ADMIN);
	stage->peer =
		mbox_reopen(fd, sends ? O_RDONLY : O_WRONLY, IPCMBOX_ADMIN);
	close(fd);
	return stage->fd >= 0 && stage->peer >= 0;
}

static bool open_mailbox(struct stage *stage)
{
	const struct subject *subject = stage->subject;
	bool fine;

	if (stage->where == STAGE_INSTANCE) {
		if (!mount_instance())
			return false;
		mbox_device = STAGE_FOLDER "/control";
	}
	fine = subject->open ? subject->open(stage) : open_plain(stage);
	mbox_device = MBOX_DEVICE;
	return fine;
}

struct stage *stage_new(const struct subject *subject, uint64_t capacity,
			enum stage_where where)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	if (!stage)
		return NULL;
	stage->subject = subject;
	stage->capacity = capacity;
	stage->where = where;
	stage->peer = -1;
	stage->hub = -1;
	stage->idle = mbox_create(1, O_RDWR);
	if (stage->idle >= 0 && open_mailbox(stage))
		return stage;
	fprintf(stderr, "%s: there is no mailbox\n", subject->name);
	return NULL;
}

bool stage_free(struct stage *stage)
{
	bool fine = true;

	if (!stage->impossible) {
		fine = mbox_conserves(stage->fd);
		/* Somebody may have done so before. */
		stage_destroy(stage);
		fine &= stage_join_helpers(stage) && stage_join_server(stage);
		fine &= stage_join_caller(stage) != -ETIME;
		close(stage->fd);
	}
	fine &= stage_orphan(stage);
	close(stage->peer);
	close(stage->hub);
	close(stage->idle);
	/* What it was about may have done either. */
	if (stage->where == STAGE_INSTANCE)
		umount(STAGE_FOLDER);
	if (stage->where == STAGE_NAMED)
		name_unlink(STAGE_NAME);
	free(stage);
	return fine;
}

static struct mbox_op *helper(struct stage *stage)
{
	return &stage->helpers[stage->nr_helpers++];
}

bool stage_park_receiver(struct stage *stage)
{
	struct mbox_op *op = helper(stage);

	*op = (struct mbox_op){ .fd = stage->peer, .kind = OP_RECV };
	return mbox_op_park(op);
}

bool stage_offer(struct stage *stage, int fd, uint32_t num, uint64_t type)
{
	struct mbox_op *op = helper(stage);

	*op = (struct mbox_op){ .fd = fd, .num = num, .type = type };
	return mbox_op_offer(op);
}

bool stage_join_helpers(struct stage *stage)
{
	bool fine = true;
	unsigned int i;

	for (i = 0; i < stage->nr_helpers; i++)
		if (stage->helpers[i].thread)
			fine &= mbox_op_join(&stage->helpers[i]) != -ETIME;
	stage->nr_helpers = 0;
	return fine;
}

static void *serve(void *arg)
{
	struct stage *stage = arg;

	stage->token = serve_take(stage->peer, STAGE_NUMBER);
	if (stage->token && stage->server.answers)
		serve_reply(stage->peer, stage->token, 1);
	return NULL;
}

bool stage_start_server(struct stage *stage, bool answers)
{
	stage->server.answers = answers;
	stage->server.started =
		!pthread_create(&stage->server.thread, NULL, serve, stage);
	return stage->server.started && mbox_wait_receivers(stage->peer, 1);
}

bool stage_join_server(struct stage *stage)
{
	if (stage->server.started)
		pthread_join(stage->server.thread, NULL);
	stage->server.started = false;
	return true;
}

int stage_join_caller(struct stage *stage)
{
	int ret = stage->caller.thread ? caller_join(&stage->caller) : 0;

	stage->caller.thread = 0;
	return ret;
}

bool stage_take_call(struct stage *stage)
{
	if (!caller_start(&stage->caller, stage->peer, 1))
		return false;
	stage->token = serve_take(stage->fd, 1);
	return stage->token;
}

unsigned int stage_slots(const struct stage *stage)
{
	return mbox_slots(stage->capacity, STAGE_UNBOUNDED);
}

bool stage_fill(struct stage *stage, unsigned int leave)
{
	bool sends = stage->subject->sends;
	unsigned int i;

	for (i = leave; i < stage_slots(stage); i++)
		if (mbox_send_num(sends ? stage->fd : stage->peer, i,
				  IPCMBOX_DONTWAIT))
			return false;
	return true;
}

bool stage_close_peer(struct stage *stage)
{
	int fd = stage->peer;

	/* Who is in a call holds it open. */
	stage_join_server(stage);
	stage_join_caller(stage);
	stage->peer = -1;
	return !close(fd);
}

bool stage_destroy(struct stage *stage)
{
	/* The port that sends to an inbox may not. */
	return !mbox_destroy(stage->fd) ||
	       (stage->peer >= 0 && !mbox_destroy(stage->peer));
}

static void *run(void *arg)
{
	struct stage *stage = arg;

	stage->tid = syscall(SYS_gettid);
	stage->subject->run(stage);
	stage->done = true;
	return NULL;
}

bool stage_start(struct stage *stage)
{
	stage->sent = mbox_info(stage->fd).sent;
	return !pthread_create(&stage->thread, NULL, run, stage);
}

static bool is_asleep(pid_t tid)
{
	char path[64], line[256] = "", *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = 0;
	fclose(file);
	state = strrchr(line, ')');
	return state && state[2] == 'S';
}

static bool is_in_place(const struct stage *stage)
{
	struct ipcmbox_info info = mbox_info(stage->fd);

	switch (stage->subject->place) {
	case PLACE_LINE:
		return info.sent > stage->sent + stage->subject->earlier;
	case PLACE_CROWD:
		return info.receivers_waiting;
	case PLACE_CALL:
		return info.calls;
	default:
		return true;
	}
}

bool stage_waits(struct stage *stage)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	unsigned int calm = 0;

	while (calm < 3 && mbox_now() < end) {
		if (stage->done)
			return false;
		calm = is_in_place(stage) && is_asleep(stage->tid) ? calm + 1 :
								     0;
		mbox_nap();
	}
	return true;
}

bool stage_join(struct stage *stage)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (!stage->done) {
		if (mbox_now() > end)
			return false;
		mbox_nap();
	}
	return !pthread_join(stage->thread, NULL);
}

void stage_tell(struct stage *stage, int64_t ret, const char *word)
{
	snprintf(stage->outcome, sizeof(stage->outcome), "%s%s%s",
		 ret < 0 ? strerrorname_np(-ret) : "0", *word ? " " : "", word);
}

const char *stage_disposition(uint32_t disposition)
{
	static const char *const names[] = {
		[IPCMBOX_NOT_SENT] = "NOT_SENT",
		[IPCMBOX_WITHDRAWN] = "WITHDRAWN",
		[IPCMBOX_QUEUED] = "QUEUED",
		[IPCMBOX_TAKEN] = "TAKEN",
		[IPCMBOX_REPLIED] = "REPLIED",
		[IPCMBOX_PEER_DIED] = "PEER_DIED",
	};

	return disposition <= IPCMBOX_PEER_DIED ? names[disposition] : "?";
}
