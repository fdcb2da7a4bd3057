// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to open a name does not depend on how many there are. Two instances, opened
 * in turns, the medians compared. The same number of names is opened in both, as it is not
 * the processor's caches that are asked about.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "name.h"

#define FOLDER "/tmp/ipcmbox-growth"
#define FEW 10
#define MANY 10000
#define ROUNDS 101
#define BATCH 40
#define BOUND 1.2
#define TRIES 5

static const char limit[] = MBOX_PARAMETERS "user_names";

static void number(char name[16], unsigned int i)
{
	snprintf(name, 16, "box-%u", i);
}

/* Mounts an instance with so many names; its control file or -errno. */
static int instance(const char *folder, unsigned int count)
{
	char path[64], name[16];
	unsigned int i;
	int ctl, fd;

	snprintf(path, sizeof(path), FOLDER "/%s", folder);
	if ((mkdir(FOLDER, 0755) && errno != EEXIST) ||
	    (mkdir(path, 0755) && errno != EEXIST) ||
	    mount("none", path, "ipcmboxfs", 0, "newinstance"))
		return -errno;
	strcat(path, "/control");
	ctl = open(path, O_RDWR | O_CLOEXEC);
	for (i = 0; i < count && ctl >= 0; i++) {
		number(name, i);
		fd = name_create_at(ctl, name, 1, IPCMBOX_EXCL, O_RDWR, 0600);
		if (fd < 0)
			return fd;
		close(fd);
	}
	return ctl;
}

/* ns to open FEW of these names, in turns; 0 on error. */
static uint64_t time_opens(int ctl, unsigned int count)
{
	uint64_t start = mbox_now();
	unsigned int i;
	char name[16];
	int fd;

	for (i = 0; i < BATCH; i++) {
		number(name, i % FEW * (count / FEW));
		fd = name_open_at(ctl, name, O_RDWR, 0);
		if (fd < 0)
			return 0;
		close(fd);
	}
	return mbox_now() - start;
}

/* How much dearer it is among many. */
static double compare(int few, int many)
{
	uint64_t time[2][ROUNDS];
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		time[0][i] = time_opens(few, FEW);
		time[1][i] = time_opens(many, MANY);
		if (!time[0][i] || !time[1][i])
			return 1e9;
	}
	return (double)mbox_median(time[1], ROUNDS) /
	       (double)mbox_median(time[0], ROUNDS);
}

FIXTURE(name_growth)
{
	int64_t limit;
};

FIXTURE_SETUP(name_growth)
{
	self->limit = mbox_read_number(limit);
	ASSERT_EQ(0, mbox_write_number(limit, MANY + 2 * FEW));
}

FIXTURE_TEARDOWN(name_growth)
{
	EXPECT_EQ(0, mbox_write_number(limit, self->limit));
}

TEST_F_TIMEOUT(name_growth, opens_among_many, 600)
{
	double ratio = 1e9, best = 1e9;
	int few, many, i;

	few = instance("few", FEW);
	many = instance("many", MANY);
	EXPECT_LE(0, few);
	EXPECT_LE(0, many);
	for (i = 0; i < TRIES && best >= BOUND; i++) {
		ratio = compare(few, many);
		best = ratio < best ? ratio : best;
	}
	TH_LOG("%u against %u names: %.2f", MANY, FEW, best);
	EXPECT_GT(BOUND, best);
	close(few);
	close(many);
	EXPECT_EQ(0, umount(FOLDER "/few"));
	EXPECT_EQ(0, umount(FOLDER "/many"));
}

TEST_HARNESS_MAIN
