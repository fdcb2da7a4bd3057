// SPDX-License-Identifier: GPL-2.0-only
/*
 * To be preloaded: the signal EARLY_SIGNAL comes just before the first fork(), where no test
 * could send it at the right time.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

pid_t fork(void)
{
	__typeof__(fork) *really = dlsym(RTLD_NEXT, "fork");
	const char *early = getenv("EARLY_SIGNAL");
	int sig = early ? atoi(early) : 0;

	unsetenv("EARLY_SIGNAL");
	if (sig)
		raise(sig);
	return really();
}
