// SPDX-License-Identifier: GPL-2.0-only
/*
 * As much of the FUSE protocol as a file of one page needs. See fuse_page.h.
 */
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "fuse_page.h"
#include "ipcmbox_util.h"

#define PAGE 4096
#define FILE_NODE 2

/* What FUSE sends at most with the options that are answered here. */
static char request[1 << 17];

static void answer(struct fuse_page *page, uint64_t unique, int error,
		   const void *data, size_t length)
{
	struct fuse_out_header header = {
		.len = sizeof(header) + length,
		.error = error,
		.unique = unique,
	};
	struct iovec iov[2] = {
		{ &header, sizeof(header) },
		{ (void *)data, length },
	};

	/* Who asked may be gone. */
	if (writev(page->device, iov, 2) < 0 && errno != ENOENT)
		perror("/dev/fuse");
}

static struct fuse_attr attributes(uint64_t node)
{
	bool file = node == FILE_NODE;

	return (struct fuse_attr){
		.ino = node,
		.size = file ? PAGE : 0,
		.blocks = file ? PAGE / 512 : 0,
		.mode = file ? S_IFREG | 0666 : S_IFDIR | 0755,
		.nlink = 1,
		.blksize = PAGE,
	};
}

static void stop(struct fuse_page *page)
{
	atomic_store(&page->stopped, true);
	while (!atomic_load(&page->released))
		mbox_nap();
}

static void answer_read(struct fuse_page *page, uint64_t unique)
{
	static const char zeros[PAGE];

	stop(page);
	answer(page, unique, 0, zeros, PAGE);
}

static void handle(struct fuse_page *page, const struct fuse_in_header *in)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = PAGE,
	};
	struct fuse_entry_out entry = {
		.nodeid = FILE_NODE,
		.attr_valid = 1000,
		.attr = attributes(FILE_NODE),
	};
	struct fuse_attr_out attr = {
		.attr_valid = 1000,
		.attr = attributes(in->nodeid),
	};
	/* Usually, who closes the file is not to wait for an answer. */
	struct fuse_open_out open = {
		.open_flags = page->slow_close ? 0 : FOPEN_NOFLUSH,
	};

	switch (in->opcode) {
	case FUSE_INIT:
		answer(page, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		answer(page, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		answer(page, in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(page, in->unique, 0, &open, sizeof(open));
		break;
	case FUSE_READ:
		answer_read(page, in->unique);
		break;
	case FUSE_FLUSH:
		if (page->slow_close)
			stop(page);
		answer(page, in->unique, 0, NULL, 0);
		break;
	case FUSE_RELEASE:
		answer(page, in->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(page, in->unique, -ENOSYS, NULL, 0);
	}
}

/* Until the filesystem is gone. */
static void *serve(void *arg)
{
	struct fuse_page *page = arg;

	while (read(page->device, request, sizeof(request)) > 0)
		handle(page, (const struct fuse_in_header *)request);
	return NULL;
}

int fuse_page_open(struct fuse_page *page)
{
	char options[128];

	memset(page, 0, sizeof(*page));
	page->device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (page->device < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	strcpy(page->folder, "/tmp/fuse-page-XXXXXX");
	if (!mkdtemp(page->folder))
		return -errno;
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 page->device);
	if (mount("fuse-page", page->folder, "fuse", MS_NOSUID | MS_NODEV,
		  options))
		return -errno;
	if (pthread_create(&page->thread, NULL, serve, page))
		return -EAGAIN;
	page->file = fuse_page_reopen(page);
	return page->file < 0 ? page->file : 0;
}

int fuse_page_reopen(const struct fuse_page *page)
{
	char path[sizeof(page->folder) + sizeof("/page")];
	int fd;

	snprintf(path, sizeof(path), "%s/page", page->folder);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool fuse_page_wait(struct fuse_page *page)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (!atomic_load(&page->stopped)) {
		if (mbox_now() > end)
			return false;
		mbox_nap();
	}
	return true;
}

void fuse_page_release(struct fuse_page *page)
{
	atomic_store(&page->released, true);
}

void fuse_page_close(struct fuse_page *page)
{
	fuse_page_release(page);
	close(page->file);
	umount2(page->folder, MNT_DETACH);
	pthread_join(page->thread, NULL);
	close(page->device);
	rmdir(page->folder);
}
