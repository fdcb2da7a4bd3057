// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations of the fault sweep that are about names. See sweep.h.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "name.h"
#include "sweep.h"

#define NAME "swept"

void sweep_forget_names(struct scene *scene)
{
	if (scene->named)
		name_unlink(NAME);
	if (scene->mounted)
		name_umount();
}

static bool prepare_names(struct scene *scene)
{
	scene->named = true;
	return sweep_prepare_device(scene);
}

static int64_t run_create_name(struct scene *scene)
{
	int ret = name_create_at(scene->made[0], NAME, 1, IPCMBOX_EXCL, O_RDWR,
				 0600);

	scene->made[1] = ret;
	return ret < 0 ? ret : 0;
}

static int64_t run_create_owned(struct scene *scene)
{
	int ret = name_create_at(scene->made[0], NAME, 1, IPCMBOX_OWNED, O_RDWR,
				 0600);

	scene->made[1] = ret;
	return ret < 0 ? ret : 0;
}

static bool prepare_name(struct scene *scene)
{
	int fd;

	if (!prepare_names(scene))
		return false;
	fd = name_create_at(scene->made[0], NAME, 1, IPCMBOX_EXCL, O_RDWR,
			    0600);
	return fd >= 0 && !close(fd);
}

static int64_t run_create_old(struct scene *scene)
{
	int ret = name_create_at(scene->made[0], NAME, 1, 0, O_RDWR, 0600);

	scene->made[1] = ret;
	return ret < 0 ? ret : 0;
}

static int64_t run_open_name(struct scene *scene)
{
	int ret = name_open_at(scene->made[0], NAME, O_RDWR, IPCMBOX_ADMIN);

	scene->made[1] = ret;
	return ret < 0 ? ret : 0;
}

static int64_t run_unlink(struct scene *scene)
{
	return name_unlink_at(scene->made[0], NAME);
}

/* With the whole of a super block, since nothing else needs one. */
static int64_t run_open_nothing(struct scene *scene)
{
	int ret = name_open_at(scene->made[0], NAME, O_RDWR, 0);

	return ret == -ENOENT ? 0 : ret;
}

static int64_t run_list(struct scene *scene)
{
	static struct ipcmbox_entry entry;
	struct ipcmbox_list list = {
		.size = sizeof(list),
		.entries = (uintptr_t)&entry,
		.count = 1,
		.stride = sizeof(entry),
	};
	int ret = mbox_ioctl(scene->made[0], IPCMBOX_IOC_LIST, &list);

	if (!ret && (list.done != 1 || strcmp(entry.name, NAME)))
		return -EBADMSG;
	return ret;
}

static bool prepare_mount_point(struct scene *scene)
{
	return !mkdir(NAME_MOUNT, 0755) || errno == EEXIST;
}

static int64_t run_mount(struct scene *scene)
{
	int ret = name_mount();

	scene->mounted |= !ret;
	return ret;
}

static int64_t run_mount_instance(struct scene *scene)
{
	if (mount("none", NAME_MOUNT, "ipcmboxfs", 0, "newinstance,max=3"))
		return -errno;
	scene->mounted = true;
	return 0;
}

static bool prepare_instance(struct scene *scene)
{
	if (!prepare_mount_point(scene) || run_mount_instance(scene))
		return false;
	scene->made[0] = open(NAME_MOUNT "/control", O_RDWR | O_CLOEXEC);
	return scene->made[0] >= 0;
}

static bool prepare_file(struct scene *scene)
{
	return prepare_name(scene) && prepare_mount_point(scene) &&
	       !run_mount(scene);
}

static int64_t run_open_file(struct scene *scene)
{
	scene->made[1] = open(NAME_MOUNT "/" NAME, O_RDWR);
	return scene->made[1] < 0 ? -errno : 0;
}

static int64_t run_stat(struct scene *scene)
{
	struct stat st;

	return stat(NAME_MOUNT "/" NAME, &st) ? -errno : 0;
}

static int64_t run_unlink_file(struct scene *scene)
{
	return unlink(NAME_MOUNT "/" NAME) ? -errno : 0;
}

static bool prepare_port(struct scene *scene)
{
	return prepare_name(scene) && !run_open_name(scene);
}

static int64_t run_destroy_named(struct scene *scene)
{
	return mbox_destroy(scene->made[1]);
}

const struct operation name_operations[] = {
	{ "CREATE, with a name", run_create_name, prepare_names, 1, 0, 10 },
	{ "CREATE, OWNED", run_create_owned, prepare_names, 1, 0, 11 },
	{ "CREATE, of what is there", run_create_old, prepare_name, 1, 0, 6 },
	{ "OPEN", run_open_name, prepare_name, 1, 0, 6 },
	{ "OPEN, of nothing", run_open_nothing, prepare_names, 1, 0, 3 },
	{ "UNLINK", run_unlink, prepare_name, 1, 0, 2 },
	{ "LIST", run_list, prepare_name, 1, 0, 3 },
	{ "DESTROY, with a name", run_destroy_named, prepare_port, 1, 0, 1 },
	{ "mount, newinstance", run_mount_instance, prepare_mount_point, 1, 0,
	  5 },
	{ "CREATE, in an instance", run_create_name, prepare_instance, 1, 0,
	  10 },
	{ "mount", run_mount, prepare_mount_point, 1, 0, 3 },
	{ "open(2), of a name", run_open_file, prepare_file, 1, 0, 2 },
	{ "stat(2), of a name", run_stat, prepare_file, 1, 0, 1 },
	{ "unlink(2), of a name", run_unlink_file, prepare_file, 1, 0, 1 },
};

const unsigned int nr_name_operations = ARRAY_SIZE(name_operations);
