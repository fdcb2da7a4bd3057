// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the test VM: makes a small system, does the jobs, unloads the
 * module, gives the verdict. See init.h for what it reads and reports.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

static int host = -1;

long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void nap_ms(unsigned int ms)
{
	struct timespec nap = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&nap, NULL);
}

void report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vdprintf(host, format, args);
	va_end(args);
	dprintf(host, "\n");
}

/* The host learns of it, and who reads the console too. */
void report_bad(const char *name, const char *format, ...)
{
	va_list args;
	char reason[1024];

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	report("bad %s %s", name, reason);
	dprintf(STDERR_FILENO, "vm: %s: %s\n", name, reason);
}

static void mount_all(void)
{
	static const struct {
		const char *type, *path;
	} mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devpts", "/dev/pts" },
		{ "tmpfs", "/dev/shm" },
		{ "tmpfs", "/tmp" },
		{ "tmpfs", "/run" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "tracefs", "/sys/kernel/debug/tracing" },
		{ "cgroup2", "/sys/fs/cgroup" },
	};
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].path, 0755);
		if (mount(mounts[i].type, mounts[i].path, mounts[i].type, 0,
			  NULL))
			report_bad("load", "mount %s: %s", mounts[i].path,
				   strerror(errno));
	}
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlink(links[i][0], links[i][1]))
			report_bad("load", "%s: %s", links[i][1],
				   strerror(errno));
	chmod("/tmp", 01777);
	chmod("/dev/shm", 01777);
}

/*
 * All but the first, which has booted alone: a kernel patches its code as it boots, and software
 * emulation does not always survive that where another processor is just running it.
 */
static void start_processors(void)
{
	glob_t found;

	/* Of the first there may be no such file; then there may be none at all. */
	if (glob("/sys/devices/system/cpu/cpu[0-9]*/online", 0, NULL, &found))
		found.gl_pathc = 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int fd = open(found.gl_pathv[i], O_RDWR | O_CLOEXEC);
		char is = '1';

		if (fd < 0 || read(fd, &is, 1) != 1 ||
		    (is == '0' && pwrite(fd, "1", 1, 0) != 1))
			report_bad("load", "%s: %s", found.gl_pathv[i],
				   strerror(errno));
		close(fd);
	}
	globfree(&found);
	/* Races that are not run cannot be found. */
	if (sysconf(_SC_NPROCESSORS_ONLN) != sysconf(_SC_NPROCESSORS_CONF))
		report_bad("load", "of %ld processors %ld are online",
			   sysconf(_SC_NPROCESSORS_CONF),
			   sysconf(_SC_NPROCESSORS_ONLN));
}

/* Opens a serial port that carries bytes as they are. */
static int open_serial(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios termios;

	if (fd < 0 || tcgetattr(fd, &termios))
		return -1;
	termios.c_oflag &= ~OPOST;
	tcsetattr(fd, TCSANOW, &termios);
	return fd;
}

/* Comes first, so that whatever fails later can be told. */
static void open_channels(void)
{
	int console;

	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	console = open_serial(getenv("CONSOLE"));
	for (int fd = 0; console >= 0 && fd <= 2; fd++)
		dup2(console, fd);
	host = open_serial(getenv("RECORDS"));
}

/* The kernel's own modules, in order, one per line. */
static void load_modules(void)
{
	FILE *file = fopen("/etc/modules", "re");
	char line[256];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		module_load(line, "load");
	}
	fclose(file);
}

/* Mounts a folder of the host where the file system has a place for it. */
static void mount_folder(const char *name, unsigned long flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/%s", name);
	if (access(path, F_OK))
		return;
	if (mount(name, path, "9p", flags,
		  "trans=virtio,version=9p2000.L,msize=512000"))
		report_bad("load", "mount %s: %s", path, strerror(errno));
}

/*
 * Where the file system has a place for it, a whole Debian is on a disk. It sees the
 * kernel's file systems as the rest of the guest does.
 */
static void mount_debian(void)
{
	static const char *const shared[] = { "/dev", "/proc", "/sys" };
	char path[64];

	if (access("/debian", F_OK))
		return;
	if (mount("/dev/vda", "/debian", "ext4", 0, NULL)) {
		report_bad("load", "mount /debian: %s", strerror(errno));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		snprintf(path, sizeof(path), "/debian%s", shared[i]);
		if (mount(shared[i], path, NULL, MS_BIND | MS_REC, NULL))
			report_bad("load", "mount %s: %s", path,
				   strerror(errno));
	}
	if (mount("tmpfs", "/debian/run", "tmpfs", 0, NULL))
		report_bad("load", "mount /debian/run: %s", strerror(errno));
}

/* Busybox knows the names by which it can be called. */
static void link_busybox(void)
{
	int status = system("/bin/busybox --install -s /bin");

	if (status)
		report_bad("load", "busybox --install: status %d", status);
}

static bool parse_job(char *line, struct job *job)
{
	static const char *const kinds[] = {
		[JOB_TAP] = "tap",
		[JOB_EXIT] = "exit",
		[JOB_TTY] = "tty",
	};
	char *kind = strsep(&line, " ");
	char *seconds = strsep(&line, " ");

	job->name = strsep(&line, " ");
	job->command = line;
	if (!line)
		return false;
	job->seconds = strtoul(seconds, NULL, 10);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kind, kinds[i])) {
			job->kind = i;
			return true;
		}
	}
	return false;
}

static unsigned int do_jobs(void)
{
	FILE *file = fopen("/etc/jobs", "re");
	unsigned int count = 0;
	size_t size = 0;
	char *line = NULL;
	struct job job;

	if (!file) {
		report_bad("load", "/etc/jobs: %s", strerror(errno));
		return 0;
	}
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!parse_job(line, &job)) {
			report_bad("load", "not a job: %s", line);
			continue;
		}
		job_run(&job);
		count++;
	}
	free(line);
	fclose(file);
	return count;
}

int main(void)
{
	struct utsname name;
	unsigned int jobs;

	open_channels();
	mount_all();
	start_processors();
	link_busybox();
	load_modules();
	mount_folder("share", MS_RDONLY);
	mount_folder("output", 0);
	mount_debian();
	setenv("PATH", "/bin:/selftests:/examples", 1);
	setenv("HOME", "/", 1);
	setenv("TERM", "linux", 1);
	detect_start();
	klog_open();
	module_load(MODULE_PATH, "load");
	klog_scan("load", true);
	uname(&name);
	/* From here on, who reads the console should see warnings. */
	klogctl(8, NULL, 5);
	report("guest %s", name.release);
	jobs = do_jobs();
	detect_leaks("leaks");
	module_unload();
	detect_leaks("unload");
	/* What was put off until after the unload: RCU, work, timers. */
	nap_ms(200);
	klog_scan("unload", false);
	klog_finish("unload");
	report("verdict %u", jobs);
	tcdrain(host);
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	/* Not reached; PID 1 must not return. */
	for (;;)
		pause();
}
