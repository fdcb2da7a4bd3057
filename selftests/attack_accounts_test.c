// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two users race for quotas, each in several user namespaces at once, in containers with
 * instances of their own, and in an instance that all share, while root changes the
 * limits and processes are killed in the middle of things. Nobody, and no instance, ever has more
 * than the limit, in all namespaces together, and in the end nothing is charged to anybody.
 */
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "accounts.h"
#include "attack.h"
#include "name.h"

#define RACERS 6 /* of each user, see where() */
#define ROUNDS 40
#define ROUNDS_SLOW 4 /* where IPCMBOX_FEW is set */
#define LOOKS 4 /* in each */
#define BYTES (1 << 20)
#define MAILBOXES 32
#define WAITERS 8
#define NAMES 4
#define ROOT "/tmp/ipcmbox-race"
#define SHARED "/tmp/ipcmbox-race-shared"

static const struct {
	const char *path, *key;
	int64_t limit;
} limits[] = {
	{ MBOX_PARAMETERS "user_mailboxes", "mailboxes", MAILBOXES },
	{ MBOX_PARAMETERS "user_bytes", "bytes", BYTES },
	{ MBOX_PARAMETERS "user_region_bytes", "region-bytes", BYTES },
	{ MBOX_PARAMETERS "user_waiters", "waiters", WAITERS },
	{ MBOX_PARAMETERS "user_names", "names", NAMES },
};

/* Less than two users may have. */
static const char instance_options[] = "newinstance,max=20,bytes=500000";
static const struct {
	const char *key;
	int64_t limit;
} instance_limits[] = {
	{ "mailboxes", 20 },
	{ "bytes", 500000 },
};

static const uid_t users[] = { ATTACKER, BYSTANDER };

FIXTURE(race)
{
	int64_t before[ARRAY_SIZE(limits)];
};

FIXTURE_SETUP(race)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		self->before[i] = mbox_read_number(limits[i].path);
		ASSERT_LT(0, self->before[i]);
		ASSERT_EQ(0,
			  mbox_write_number(limits[i].path, limits[i].limit));
	}
	ASSERT_TRUE(!mkdir(ROOT, 0755) || errno == EEXIST);
	ASSERT_TRUE(!mkdir(SHARED, 0755) || errno == EEXIST);
	ASSERT_EQ(0, mount("none", SHARED, "ipcmboxfs", 0, instance_options));
}

FIXTURE_TEARDOWN(race)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++)
		mbox_write_number(limits[i].path, self->before[i]);
	umount2(SHARED, MNT_DETACH);
}

static void enter_namespace(int flags)
{
	char map[32];
	int fd;

	snprintf(map, sizeof(map), "0 %u 1", getuid());
	/* Which the change of the user has taken. */
	EXPECT_THAT(!prctl(PR_SET_DUMPABLE, 1));
	EXPECT_THAT(!unshare(CLONE_NEWUSER | flags));
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	EXPECT_THAT(write(fd, map, strlen(map)) > 0);
	close(fd);
	/* And this has taken that. */
	EXPECT_THAT(!prctl(PR_SET_PDEATHSIG, SIGKILL));
}

#define NAME "race-%u-%u"
static uid_t owner;

/* Something that takes each of the quotas, waits, and gives up; errors are expected. */
static void take(int ctl, int *fds, unsigned int *seed)
{
	static char message[100000];
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.open_flags = O_RDWR,
		.capacity = rand_r(seed) % 3,
		.region_size = rand_r(seed) % 2 * 65536,
	};
	struct mbox_op op = {
		.kind = rand_r(seed) % 3,
		.data = message,
		.len = rand_r(seed) % sizeof(message),
	};
	struct ipcmbox_call call = {
		.size = sizeof(call),
		.answer = (uintptr_t)message,
		.answer_len = rand_r(seed) % sizeof(message),
	};
	int *fd = &fds[rand_r(seed) % MAILBOXES];
	char name[32];

	/* Of all that are the same outside; sometimes taken away. */
	snprintf(name, sizeof(name), NAME, owner, rand_r(seed) % (2 * NAMES));
	if (!(rand_r(seed) % 3))
		name_unlink_at(ctl, name);
	if (!(rand_r(seed) % 3)) {
		create.name = (uintptr_t)name;
		create.mode = 0600;
	}
	if (*fd >= 0 && !(rand_r(seed) % 4)) {
		close(*fd);
		*fd = -1;
	}
	if (*fd < 0)
		*fd = mbox_ioctl(ctl, IPCMBOX_IOC_CREATE, &create) ?: create.fd;
	if (*fd < 0)
		return;
	op.fd = *fd;
	op.deadline = mbox_now() + rand_r(seed) % NSEC_PER_MSEC;
	mbox_op_run(&op);
	if (rand_r(seed) % 8)
		return;
	call.deadline = mbox_now() + rand_r(seed) % NSEC_PER_MSEC;
	mbox_ioctl(*fd, IPCMBOX_IOC_CALL, &call);
}

/* Two stay outside, of which one shares an instance; two are in containers. */
static int where(unsigned int racer)
{
	const char *path = MBOX_DEVICE;

	switch (racer) {
	case 0:
		break;
	case 1:
		path = SHARED "/control";
		break;
	case 2:
		enter_namespace(0);
		path = SHARED "/control";
		break;
	case 3:
		enter_namespace(0);
		break;
	default:
		enter_namespace(CLONE_NEWNS);
		EXPECT_THAT(
			!mount("none", ROOT, "ipcmboxfs", 0, instance_options));
		path = ROOT "/control";
	}
	return open(path, O_RDWR | O_CLOEXEC);
}

static void race(void *number)
{
	unsigned int seed = *(unsigned int *)number;
	int fds[MAILBOXES];
	unsigned int i;
	int ctl;

	for (i = 0; i < MAILBOXES; i++)
		fds[i] = -1;
	owner = getuid();
	ctl = where(seed % RACERS);
	EXPECT_THAT(ctl >= 0);
	for (;;)
		take(ctl, fds, &seed);
}

static bool instances_hold(void)
{
	FILE *file = fopen(ACCOUNTS_FILES "accounts", "re");
	bool seen = false, fine = true;
	unsigned int i;
	char line[1024];
	int64_t used;

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "instance=", 9))
			continue;
		seen = true;
		for (i = 0; i < ARRAY_SIZE(instance_limits); i++) {
			used = accounts_value(line, instance_limits[i].key);
			if (used >= 0 && used <= instance_limits[i].limit)
				continue;
			fprintf(stderr, "# %s", line);
			fine = false;
		}
	}
	fclose(file);
	return seen && fine;
}

/* Whether nobody has more than he may have. */
static bool limits_hold(void)
{
	unsigned int i, j;
	int64_t used;

	for (i = 0; i < ARRAY_SIZE(users); i++) {
		for (j = 0; j < ARRAY_SIZE(limits); j++) {
			used = accounts_used(users[i], limits[j].key);
			if (used >= 0 && used <= limits[j].limit)
				continue;
			fprintf(stderr, "# uid %u has %s=%lld\n", users[i],
				limits[j].key, (long long)used);
			return false;
		}
	}
	return instances_hold();
}

/* Names stay, and mailboxes with them, until they are taken away. */
static bool nothing_is_left(void)
{
	char name[32];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(users); i++) {
		for (j = 0; j < 2 * NAMES; j++) {
			snprintf(name, sizeof(name), NAME, users[i], j);
			name_unlink(name);
		}
	}
	if (umount(SHARED))
		return false;
	for (i = 0; i < ARRAY_SIZE(users); i++)
		for (j = 0; j < ARRAY_SIZE(limits); j++)
			if (!accounts_wait(users[i], limits[j].key, 0, 0))
				return false;
	return attack_is_over() && accounts_gone("");
}

TEST_F_TIMEOUT(race, for_quotas, 300)
{
	unsigned int rounds = getenv("IPCMBOX_FEW") ? ROUNDS_SLOW : ROUNDS;
	pid_t pids[ARRAY_SIZE(users) * RACERS];
	unsigned int i, round, number, seen = 0;

	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		number = i;
		pids[i] = attack_start(users[i / RACERS], race, &number);
		ASSERT_LT(0, pids[i]);
	}
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < LOOKS; i++) {
			EXPECT_TRUE(limits_hold());
			seen += accounts_used(ATTACKER, "bytes") > 0;
			mbox_nap();
		}
		/* A lower limit, and the old one, which wakes who waits for it. */
		mbox_write_number(limits[1].path, BYTES / 2);
		mbox_write_number(limits[1].path, BYTES);
		i = round % ARRAY_SIZE(pids);
		EXPECT_TRUE(attack_stop(pids[i]));
		number = round;
		pids[i] = attack_start(users[i / RACERS], race, &number);
		ASSERT_LT(0, pids[i]);
	}
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_TRUE(attack_stop(pids[i]));
	EXPECT_LT(0, seen);
	EXPECT_TRUE(nothing_is_left());
}

TEST_HARNESS_MAIN
