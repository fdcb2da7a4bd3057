// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox doctor: looks at what a mailbox needs, one thing after the other, and says what
 * to do about what is not right.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli.h"

#define EFIVARS		"/sys/firmware/efi/efivars/"
#define SECURE_BOOT	EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SIG_ENFORCE	"/sys/module/module/parameters/sig_enforce"
#define LOCKDOWN	"/sys/kernel/security/lockdown"
#define DEVICE		"/sys/class/misc/ipcmbox/dev"

enum verdict {
	FINE,
	DOUBT,
	WRONG,
};

struct exam {
	const struct settings *set;
	const char *node;
	struct utsname uts;
	bool loaded, signed_only;
	int ctl;
	bool failed;
};

static void report(struct exam *exam, enum verdict verdict, const char *about,
		   const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A line: the verdict, what it is about, and what is to be done. */
static void report(struct exam *exam, enum verdict verdict, const char *about,
		   const char *format, ...)
{
	static const char *const words[] = { "ok", "doubt", "FAIL" };
	static const char *const paints[] = { "\033[32m", "\033[33m",
					      "\033[31m" };
	bool coloured = colours(stdout);
	char *text, *shown;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		need(NULL);
	va_end(args);
	shown = escape(text, strlen(text), ESCAPE_NAME);
	printf("%s%-5s%s  %-12s %s\n", coloured ? paints[verdict] : "",
	       words[verdict], coloured ? "\033[m" : "", about, shown);
	free(shown);
	free(text);
	if (verdict == WRONG)
		exam->failed = true;
}

/* The beginning of a small file, as a string; -1 if it cannot be read. */
static ssize_t slurp(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t done = -1;

	if (fd >= 0) {
		done = read(fd, text, room - 1);
		close(fd);
	}
	text[done > 0 ? done : 0] = 0;
	return done;
}

static void check_kernel(struct exam *exam)
{
	const char *release = exam->uts.release;

	if (!strncmp(release, "6.1.", 4) || !strncmp(release, "6.12.", 5))
		report(exam, FINE, "kernel", "Linux %s", release);
	else
		report(exam, DOUBT, "kernel",
		       "Linux %s: tested are 6.1 and 6.12", release);
}

static void check_secure_boot(struct exam *exam)
{
	char text[128];
	bool boot, enforced, locked;

	/* Four bytes of attributes stand before the value. */
	boot = slurp(SECURE_BOOT, text, sizeof(text)) == 5 && text[4] == 1;
	enforced = slurp(SIG_ENFORCE, text, sizeof(text)) > 0 && *text == 'Y';
	locked = slurp(LOCKDOWN, text, sizeof(text)) > 0 &&
		 !strstr(text, "[none]");
	exam->signed_only = boot || enforced || locked;
	if (!exam->signed_only)
		report(exam, FINE, "Secure Boot", "modules need no signature");
	else if (exam->loaded)
		report(exam, FINE, "Secure Boot",
		       "modules need a signature, and this one was loaded");
	else
		report(exam, DOUBT, "Secure Boot",
		       "only signed modules are loaded (%s): enrol a key with 'mokutil --import', and sign ipcmbox.ko by it with the kernel's scripts/sign-file",
		       boot	? "Secure Boot" :
		       enforced ? "sig_enforce" :
				  "lockdown");
}

/* Whether modprobe would find it for this kernel. */
static bool is_installed(const struct exam *exam)
{
	char path[sizeof(exam->uts.release) + 64], *line = NULL;
	bool found = false;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep",
		 exam->uts.release);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && getline(&line, &room, file) >= 0)
		found = strstr(line, "/ipcmbox.ko");
	free(line);
	fclose(file);
	return found;
}

static void check_module(struct exam *exam)
{
	if (exam->loaded)
		report(exam, FINE, "module", "it is loaded");
	else if (is_installed(exam))
		report(exam, WRONG, "module",
		       "it is installed, but not loaded: run 'modprobe ipcmbox' as root%s",
		       exam->signed_only ?
			       "; if that says 'Key was rejected', sign it" :
			       "; 'dmesg' tells why if that fails");
	else
		report(exam, WRONG, "module",
		       "it is not there for Linux %s: run 'make modules' and 'make install' in the sources of ipcmbox, then 'modprobe ipcmbox' as root",
		       exam->uts.release);
}

/* The number of the device by the module, if that tells. */
static bool device_number(unsigned int *major_number,
			  unsigned int *minor_number)
{
	char text[32];

	return slurp(DEVICE, text, sizeof(text)) > 0 &&
	       sscanf(text, "%u:%u", major_number, minor_number) == 2;
}

static void check_node(struct exam *exam)
{
	unsigned int major_number, minor_number;
	bool known = device_number(&major_number, &minor_number);
	struct stat st;

	if (stat(exam->node, &st)) {
		if (errno != ENOENT || exam->set->control)
			report(exam, WRONG, "node", "%s: %s", exam->node,
			       strerror(errno));
		else if (known)
			report(exam, WRONG, "node",
			       "%s is missing: run 'mknod -m 666 %s c %u %u' as root, or see that udev runs and /dev is a devtmpfs",
			       exam->node, exam->node, major_number,
			       minor_number);
		else
			report(exam, WRONG, "node",
			       "%s is missing: it comes with the module",
			       exam->node);
	} else if (exam->set->control) {
		report(exam, FINE, "node", "%s is there", exam->node);
	} else if (!S_ISCHR(st.st_mode)) {
		report(exam, WRONG, "node",
		       "%s is no device: remove it as root, and load the module again",
		       exam->node);
	} else if (known && (major(st.st_rdev) != major_number ||
			     minor(st.st_rdev) != minor_number)) {
		report(exam, WRONG, "node",
		       "%s is the device %u:%u, and that of the module is %u:%u: remove it, and run 'mknod -m 666 %s c %u %u' as root",
		       exam->node, major(st.st_rdev), minor(st.st_rdev),
		       major_number, minor_number, exam->node, major_number,
		       minor_number);
	} else {
		report(exam, FINE, "node", "%s is there", exam->node);
	}
}

static void check_permission(struct exam *exam)
{
	struct stat st;

	exam->ctl = open(exam->node, O_RDWR | O_CLOEXEC);
	if (exam->ctl >= 0) {
		report(exam, FINE, "permission", "%s can be opened",
		       exam->node);
		return;
	}
	switch (errno) {
	case EACCES:
	case EPERM:
		report(exam, WRONG, "permission",
		       "%s has the mode %04o and user %u: this user may not open it; 'chmod 666 %s' as root, and for good a rule in /etc/udev/rules.d/60-ipcmbox.rules",
		       exam->node,
		       stat(exam->node, &st) ? 0 : st.st_mode & 07777,
		       stat(exam->node, &st) ? 0 : st.st_uid, exam->node);
		break;
	case ENXIO:
	case ENODEV:
		report(exam, WRONG, "permission",
		       "%s is there, but no module behind it: run 'modprobe ipcmbox' as root",
		       exam->node);
		break;
	default:
		report(exam, WRONG, "permission", "%s: %s", exam->node,
		       strerror(errno));
	}
}

static void check_version(struct exam *exam)
{
	/* All that this program may use. */
	const uint64_t wanted = IPCMBOX_FEATURE_MAILBOX | IPCMBOX_FEATURE_PAIR |
				IPCMBOX_FEATURE_REGION | IPCMBOX_FEATURE_ORDER |
				IPCMBOX_FEATURE_CALL | IPCMBOX_FEATURE_BATCH |
				IPCMBOX_FEATURE_BROADCAST |
				IPCMBOX_FEATURE_INBOX | IPCMBOX_FEATURE_NAME |
				IPCMBOX_FEATURE_INSTANCE |
				IPCMBOX_FEATURE_OWNED | IPCMBOX_FEATURE_SHARE;
	uint64_t features;
	uint32_t version;

	if (ipcmbox_version(exam->ctl, &version, &features)) {
		report(exam, WRONG, "version", "%s is not of ipcmbox: %s",
		       exam->node, strerror(errno));
		close(exam->ctl);
		exam->ctl = -1;
	} else if (version < IPCMBOX_ABI_VERSION || (wanted & ~features)) {
		report(exam, WRONG, "version",
		       "the module has version %u and lacks features %#llx, this program is of version %u: install the module of the same release, and load it anew",
		       version, (unsigned long long)(wanted & ~features),
		       IPCMBOX_ABI_VERSION);
	} else if (version > IPCMBOX_ABI_VERSION) {
		report(exam, FINE, "version",
		       "the module has version %u, newer than this program, of version %u",
		       version, IPCMBOX_ABI_VERSION);
	} else {
		report(exam, FINE, "version",
		       "module and program are of version %u", version);
	}
}

static void check_message(struct exam *exam)
{
	struct ipcmbox_attr *attr = need(ipcmbox_attr_new());
	char text[4];
	int box;

	ipcmbox_attr_set_capacity(attr, 1);
	box = ipcmbox_create_at(exam->ctl, attr, O_RDWR);
	ipcmbox_attr_free(attr);
	if (box < 0 || ipcmbox_send(box, "ping", 4) ||
	    ipcmbox_recv(box, text, sizeof(text)) != 4) {
		if (errno == EDQUOT)
			report(exam, WRONG, "message",
			       "a quota of this user is used up: raise user_mailboxes or user_bytes in /sys/module/ipcmbox/parameters as root, or close mailboxes");
		else
			report(exam, WRONG, "message",
			       "a mailbox cannot be made and used: %s",
			       describe(errno));
	} else {
		report(exam, FINE, "message", "one was sent and received");
	}
	if (box >= 0)
		close(box);
}

static void check_names(struct exam *exam)
{
	size_t count;
	struct ipcmbox_entry *entries = names_list(exam->ctl, &count);

	if (entries)
		report(exam, FINE, "names", "there are %zu", count);
	else
		report(exam, WRONG, "names", "they cannot be listed: %s",
		       strerror(errno));
	free(entries);
}

int run_doctor(const struct settings *set, struct operands *op)
{
	struct exam exam = { .set = set, .ctl = -1 };

	(void)op;
	exam.node = set->control ? set->control : "/dev/ipcmbox";
	uname(&exam.uts);
	exam.loaded = !access("/sys/module/ipcmbox", F_OK);
	check_kernel(&exam);
	check_secure_boot(&exam);
	check_module(&exam);
	check_node(&exam);
	if (!access(exam.node, F_OK))
		check_permission(&exam);
	if (exam.ctl >= 0)
		check_version(&exam);
	if (exam.ctl >= 0) {
		check_message(&exam);
		check_names(&exam);
		close(exam.ctl);
	}
	return exam.failed ? STATUS_ERROR : STATUS_OK;
}
