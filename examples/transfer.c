// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: transfer FILE
 *
 * A producer and a consumer carry a file of any size through a bounded mailbox.
 * Both feed what passes them into a sha256sum(1) of their own; the sums must be
 * equal.
 */
#include <fcntl.h>
#include <ipcmbox.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define CAPACITY	8
#define CHUNK		65536

/* A sha256sum(1) to write to, and the sum it prints in the end. */
struct digest {
	pid_t pid;
	int in;
	int out;
};

static void digest_start(struct digest *digest)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		err(1, "pipe");
	digest->pid = start_child();
	if (!digest->pid) {
		if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0)
			err(1, "dup2");
		execlp("sha256sum", "sha256sum", NULL);
		err(1, "sha256sum");
	}
	close(in[0]);
	close(out[1]);
	digest->in = in[1];
	digest->out = out[0];
}

static void digest_add(struct digest *digest, const char *data, size_t len)
{
	ssize_t done;

	for (; len; data += done, len -= (size_t)done) {
		done = write(digest->in, data, len);
		if (done < 0)
			err(1, "writing to sha256sum");
	}
}

static void digest_finish(struct digest *digest, char sum[65])
{
	size_t len = 0;
	ssize_t done;

	close(digest->in);
	while (len < 64) {
		done = read(digest->out, sum + len, 64 - len);
		if (done <= 0)
			errx(1, "sha256sum gave no sum");
		len += (size_t)done;
	}
	sum[64] = 0;
	close(digest->out);
	wait_for(digest->pid, "sha256sum");
}

/* Sends the file and an empty message at its end, and then its own sum. */
static void produce(int box, const char *path)
{
	struct digest digest;
	static char chunk[CHUNK];
	char sum[65];
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	digest_start(&digest);
	do {
		len = read(fd, chunk, sizeof(chunk));
		if (len < 0)
			err(1, "%s", path);
		digest_add(&digest, chunk, (size_t)len);
		if (ipcmbox_send(box, chunk, (size_t)len))
			err(1, "ipcmbox_send");
	} while (len);
	digest_finish(&digest, sum);
	say("producer", "SHA-256 %s", sum);
	if (ipcmbox_send(box, sum, sizeof(sum)))
		err(1, "ipcmbox_send");
}

static void report(unsigned long long bytes)
{
	double seconds = now() - start;

	say("consumer", "%.1f MB in %.2f s, %.1f MB/s", (double)bytes / 1e6,
	    seconds, (double)bytes / 1e6 / seconds);
}

/* Returns whether the sums are equal. */
static int consume(int box)
{
	unsigned long long bytes = 0;
	static char chunk[CHUNK];
	char sum[65], expected[65];
	double told = now();
	struct digest digest;
	ssize_t len;

	digest_start(&digest);
	while ((len = ipcmbox_recv(box, chunk, sizeof(chunk))) > 0) {
		digest_add(&digest, chunk, (size_t)len);
		bytes += (unsigned long long)len;
		if (now() - told > 1) {
			report(bytes);
			told = now();
		}
	}
	if (len < 0)
		err(1, "ipcmbox_recv");
	digest_finish(&digest, sum);
	report(bytes);
	if (ipcmbox_recv(box, expected, sizeof(expected)) != sizeof(expected))
		errx(1, "the producer sent no sum");
	say("consumer", "SHA-256 %s", sum);
	return !strcmp(sum, expected);
}

int main(int argc, char **argv)
{
	int fds[2], equal;
	pid_t child;

	if (argc != 2)
		errx(2, "usage: transfer FILE");
	signal(SIGPIPE, SIG_IGN);
	start = now();
	if (ipcmbox_pair(fds, CAPACITY))
		err(1, "ipcmbox_pair");
	child = start_child();
	if (!child) {
		close(fds[0]);
		produce(fds[1], argv[1]);
		_exit(0);
	}
	close(fds[1]);
	equal = consume(fds[0]);
	wait_for(child, "producer");
	if (!equal)
		errx(1, "the sums differ");
	say("both", "the sums are equal");
	return 0;
}
