/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the library share.
 */
#ifndef IPCMBOX_INTERNAL_H
#define IPCMBOX_INTERNAL_H

#include "ipcmbox.h"

/* What the version map exports; everything else is hidden. */
#define IPCMBOX_PUBLIC __attribute__((visibility("default")))

/**
 * struct ipcmbox_attr - attributes of a mailbox to be created
 * @flags: IPCMBOX_NO_HANGUP or 0
 * @capacity: messages
 * @max_bytes: bytes, 0 for the default
 * @max_message: bytes, 0 for the default
 * @region_size: bytes, 0 for none
 */
struct ipcmbox_attr {
	uint32_t flags;
	uint64_t capacity;
	uint64_t max_bytes;
	uint64_t max_message;
	uint64_t region_size;
};

/* The errors of pthreads come as values; those of the library in errno. */
int ipcmbox_result(int error);

#endif /* IPCMBOX_INTERNAL_H */
