/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the library share.
 */
#ifndef LIB_UTIL_H
#define LIB_UTIL_H

#include <ipcmbox.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define MSEC	1000000ULL

/* The call fails with this errno. */
#define EXPECT_ERRNO(error, call)		\
	do {					\
		errno = 0;			\
		EXPECT_EQ(-1, (call));		\
		EXPECT_EQ(error, errno);	\
	} while (0)

/* Text as a piece. */
#define PIECE(text) ((struct iovec){ (void *)(text), sizeof(text) - 1 })

#endif /* LIB_UTIL_H */
