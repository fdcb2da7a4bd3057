// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances: worlds of names. See instance.h.
 */
#include <linux/fs.h>

#include "instance.h"

struct imb_instance imb_instance_default = {
	.names = XARRAY_INIT(imb_instance_default.names, 0),
};

/**
 * imb_instance_pin() - keep the super block of an instance
 * @instance: the instance
 * @type: its file system
 *
 * May sleep.
 *
 * Return: 0 or a negative errno.
 */
int imb_instance_pin(struct imb_instance *instance,
		     struct file_system_type *type)
{
	return simple_pin_fs(type, &instance->mnt, &instance->pins);
}

/**
 * imb_instance_unpin() - end one imb_instance_pin()
 * @instance: the instance
 *
 * May sleep. Ends the super block if nothing else keeps it, so whoever holds a lock of it
 * must keep it by other means.
 */
void imb_instance_unpin(struct imb_instance *instance)
{
	simple_release_fs(&instance->mnt, &instance->pins);
}
