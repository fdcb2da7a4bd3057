/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ipcmboxfs as programs see it: two mounts, one of the names of /dev/ipcmbox, and one of an
 * instance, which a program may end and begin anew.
 */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <stdbool.h>
#include <stdint.h>

/* As root: mounts what only root may mount; false if that is not possible. */
bool files_prepare(void);
/* As nobody: becomes root of a user namespace, whose instance the other mount is. */
bool files_enter(void);

/* What may be done to a name in a mount; values as the description has them. */
int files_open(const uint64_t *values);
int files_open_control(const uint64_t *values);
int64_t files_stat(int fd, unsigned int task, const uint64_t *values);
int64_t files_unlink(int fd, unsigned int task, const uint64_t *values);
int64_t files_chmod(int fd, unsigned int task, const uint64_t *values);
int64_t files_utimes(int fd, unsigned int task, const uint64_t *values);
int64_t files_rename(int fd, unsigned int task, const uint64_t *values);
int64_t files_readdir(int fd, unsigned int task, const uint64_t *values);
int64_t files_mount(int fd, unsigned int task, const uint64_t *values);
int64_t files_umount(int fd, unsigned int task, const uint64_t *values);

/* After a program: takes its names away. */
void files_forget(void);

#endif /* FUZZ_FILES_H */
