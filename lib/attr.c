// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attributes of a mailbox to be created.
 */
#include <stdlib.h>

#include "internal.h"

IPCMBOX_PUBLIC struct ipcmbox_attr *ipcmbox_attr_new(void)
{
	return calloc(1, sizeof(struct ipcmbox_attr));
}

IPCMBOX_PUBLIC void ipcmbox_attr_free(struct ipcmbox_attr *attr)
{
	free(attr);
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_capacity(struct ipcmbox_attr *attr,
					      uint64_t messages)
{
	attr->capacity = messages;
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_max_bytes(struct ipcmbox_attr *attr,
					       uint64_t bytes)
{
	attr->max_bytes = bytes;
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_max_message(struct ipcmbox_attr *attr,
						 uint64_t bytes)
{
	attr->max_message = bytes;
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_region_size(struct ipcmbox_attr *attr,
						 uint64_t bytes)
{
	attr->region_size = bytes;
}

static void set_flag(struct ipcmbox_attr *attr, uint32_t flag, bool on)
{
	attr->flags = on ? attr->flags | flag : attr->flags & ~flag;
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_hangup(struct ipcmbox_attr *attr,
					    bool hangup)
{
	set_flag(attr, IPCMBOX_NO_HANGUP, !hangup);
	/* Only CREATE knows it, as it is not the default where there is a name. */
	set_flag(attr, IPCMBOX_HANGUP, hangup);
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_order(struct ipcmbox_attr *attr,
					   enum ipcmbox_order order)
{
	attr->order = order;
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_policy(struct ipcmbox_attr *attr,
					    enum ipcmbox_policy policy)
{
	attr->policy = policy;
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_selective(struct ipcmbox_attr *attr,
					       bool selective)
{
	set_flag(attr, IPCMBOX_SELECTIVE, selective);
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_fair_share(struct ipcmbox_attr *attr,
						bool fair)
{
	set_flag(attr, IPCMBOX_FAIR_SHARE, fair);
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_broadcast(struct ipcmbox_attr *attr,
					       bool broadcast)
{
	set_flag(attr, IPCMBOX_BROADCAST, broadcast);
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_owned(struct ipcmbox_attr *attr,
					   bool owned)
{
	set_flag(attr, IPCMBOX_OWNED, owned);
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_slow(struct ipcmbox_attr *attr,
					  enum ipcmbox_slow slow)
{
	attr->slow = slow;
}

IPCMBOX_PUBLIC void ipcmbox_attr_set_slow_mask(struct ipcmbox_attr *attr,
					       uint32_t mask)
{
	attr->slow_mask = mask;
}
