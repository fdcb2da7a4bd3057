# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Makes ipcmbox/_ffi.py: what <ipcmbox.h> declares, for cffi in ABI mode.

In this mode nothing is compiled, and the package is the same for every Python and processor. The
layout of structs is then ours to say: tests/check_abi.py holds this text against the headers.
"""
import os

from cffi import FFI

CDEF = """
struct iovec { void *iov_base; size_t iov_len; };
typedef struct ipcmbox_mutex pthread_mutex_t;
typedef struct ipcmbox_cond pthread_cond_t;
typedef struct ipcmbox_sem sem_t;
typedef uint32_t mode_t;
typedef uint32_t uid_t;
typedef uint32_t gid_t;
typedef int32_t pid_t;

struct ipcmbox_receipt {
	uint64_t id;
	uint32_t disposition;
	uint32_t reached;
};
struct ipcmbox_send_options {
	uint32_t flags;
	uint32_t priority;
	uint64_t deadline;
	uint64_t type;
	uint64_t cookie;
	const int *fds;
	size_t nr_fds;
	struct ipcmbox_ticket *ticket;
};
struct ipcmbox_delivery {
	uint64_t id;
	uint64_t len;
	uint32_t flags;
	uint32_t priority;
	uint64_t type;
	uint64_t cookie;
	pid_t pid;
	pid_t tid;
	uid_t uid;
	gid_t gid;
	uint64_t token;
	uint32_t nr_fds;
	uint32_t reserved;
	uint64_t lag;
};
struct ipcmbox_recv_options {
	uint32_t flags;
	uint32_t match;
	uint64_t match_value;
	uint64_t deadline;
	int *fds;
	size_t nr_fds;
};
struct ipcmbox_call_options {
	uint32_t flags;
	uint32_t priority;
	uint64_t deadline;
	uint64_t taken_deadline;
	uint64_t type;
	uint64_t cookie;
	const int *fds;
	size_t nr_fds;
	int *answer_fds;
	size_t nr_answer_fds;
	struct ipcmbox_ticket *ticket;
};
struct ipcmbox_answer {
	uint64_t id;
	uint32_t disposition;
	uint32_t nr_fds;
	uint64_t len;
	uint64_t cookie;
};
struct ipcmbox_response {
	uint64_t token;
	const struct iovec *iov;
	int iovcnt;
	uint32_t outcome;
	uint64_t cookie;
	const int *fds;
	size_t nr_fds;
	uint64_t room;
	uint32_t room_fds;
	uint32_t reserved;
};
struct ipcmbox_select_case {
	int fd;
	uint32_t kind;
	const struct iovec *iov;
	int iovcnt;
	uint32_t reserved;
	const void *options;
	size_t options_size;
	void *result;
	size_t result_size;
};
struct ipcmbox_select_options {
	uint32_t flags;
	uint32_t reserved;
	uint64_t deadline;
};
struct ipcmbox_selected {
	int32_t index;
	uint32_t reserved;
	uint64_t len;
};
struct ipcmbox_batch_message {
	const struct iovec *iov;
	int iovcnt;
	uint32_t reserved;
	const void *options;
	size_t options_size;
	void *result;
	size_t result_size;
};
struct ipcmbox_batch_options {
	uint32_t flags;
	uint32_t reserved;
	uint64_t deadline;
};
struct ipcmbox_entry {
	uint64_t mailbox;
	uint64_t bytes;
	uint64_t received;
	uint64_t sent;
	uint64_t changed;
	uint64_t queued;
	uint32_t receivers;
	uint32_t senders;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t flags;
	char name[256];
};
struct ipcmbox_info {
	uint32_t size;
	uint32_t flags;
	uint64_t mailbox;
	uint64_t capacity;
	uint64_t max_bytes;
	uint64_t max_message;
	uint64_t region_size;
	uint32_t attributes;
	uint32_t state;
	uint32_t receivers;
	uint32_t senders;
	uint64_t receivers_waiting;
	uint64_t senders_waiting;
	uint64_t queued;
	uint64_t queued_bytes;
	uint64_t in_transfer;
	uint64_t sent;
	uint64_t received;
	uint64_t withdrawn;
	uint64_t expired;
	uint64_t dropped;
	uint32_t order;
	uint32_t policy;
	uint64_t calls;
	uint32_t slow_mask;
	int32_t owner_pid;
	uint32_t owner_uid;
	uint32_t __reserved;
};

struct ipcmbox_attr *ipcmbox_attr_new(void);
void ipcmbox_attr_free(struct ipcmbox_attr *attr);
void ipcmbox_attr_set_capacity(struct ipcmbox_attr *attr, uint64_t messages);
void ipcmbox_attr_set_max_bytes(struct ipcmbox_attr *attr, uint64_t bytes);
void ipcmbox_attr_set_max_message(struct ipcmbox_attr *attr, uint64_t bytes);
void ipcmbox_attr_set_region_size(struct ipcmbox_attr *attr, uint64_t bytes);
void ipcmbox_attr_set_hangup(struct ipcmbox_attr *attr, _Bool hangup);
void ipcmbox_attr_set_order(struct ipcmbox_attr *attr, unsigned int order);
void ipcmbox_attr_set_policy(struct ipcmbox_attr *attr, unsigned int policy);
void ipcmbox_attr_set_selective(struct ipcmbox_attr *attr, _Bool selective);
void ipcmbox_attr_set_fair_share(struct ipcmbox_attr *attr, _Bool fair);
void ipcmbox_attr_set_broadcast(struct ipcmbox_attr *attr, _Bool broadcast);
void ipcmbox_attr_set_owned(struct ipcmbox_attr *attr, _Bool owned);
void ipcmbox_attr_set_slow(struct ipcmbox_attr *attr, unsigned int slow);
void ipcmbox_attr_set_slow_mask(struct ipcmbox_attr *attr, uint32_t mask);

int ipcmbox_open(void);
int ipcmbox_version(int ctl, uint32_t *version, uint64_t *features);
int ipcmbox_create_at(int ctl, const struct ipcmbox_attr *attr, int open_flags);
int ipcmbox_create_named_at(int ctl, const char *name, const struct ipcmbox_attr *attr,
			    int open_flags, mode_t mode);
int ipcmbox_open_named_at(int ctl, const char *name, unsigned int flags, int open_flags);
int ipcmbox_unlink_at(int ctl, const char *name);
ssize_t ipcmbox_list_at(int ctl, uint64_t *cursor, struct ipcmbox_entry *entries,
			size_t count, size_t entry_size);
int ipcmbox_pair_at(int ctl, const struct ipcmbox_attr *attr, unsigned int flags,
		    int open_flags, int fds[2]);
int ipcmbox_reopen(int fd, unsigned int flags, int open_flags);
int ipcmbox_subscribe(int fd, const struct ipcmbox_attr *attr, int open_flags);
int ipcmbox_inbox_at(int ctl, const struct ipcmbox_attr *attr, unsigned int access,
		     gid_t gid, int open_flags);
int ipcmbox_open_pid_at(int ctl, pid_t pid, int open_flags);
int ipcmbox_open_pidfd_at(int ctl, int pidfd, int open_flags);

int ipcmbox_send_with(int fd, const struct iovec *iov, int iovcnt,
		      const struct ipcmbox_send_options *options, size_t options_size,
		      struct ipcmbox_receipt *receipt, size_t receipt_size);
struct ipcmbox_ticket *ipcmbox_ticket_new(void);
void ipcmbox_ticket_free(struct ipcmbox_ticket *ticket);
uint64_t ipcmbox_ticket_id(const struct ipcmbox_ticket *ticket);
int ipcmbox_cancel(int fd, uint64_t id);
ssize_t ipcmbox_recv_with(int fd, const struct iovec *iov, int iovcnt,
			  const struct ipcmbox_recv_options *options, size_t options_size,
			  struct ipcmbox_delivery *delivery, size_t delivery_size);
ssize_t ipcmbox_peek_with(int fd, const struct iovec *iov, int iovcnt,
			  const struct ipcmbox_recv_options *options, size_t options_size,
			  struct ipcmbox_delivery *delivery, size_t delivery_size);
ssize_t ipcmbox_call(int fd, const struct iovec *iov, int iovcnt,
		     const struct iovec *answer_iov, int answer_iovcnt,
		     const struct ipcmbox_call_options *options, size_t options_size,
		     struct ipcmbox_answer *answer, size_t answer_size);
int ipcmbox_reply(int fd, struct ipcmbox_response *response, size_t response_size);
ssize_t ipcmbox_reply_recv(int fd, struct ipcmbox_response *response, size_t response_size,
			   const struct iovec *iov, int iovcnt,
			   const struct ipcmbox_recv_options *options, size_t options_size,
			   struct ipcmbox_delivery *delivery, size_t delivery_size);
int ipcmbox_select(int ctl, const struct ipcmbox_select_case *cases, unsigned int count,
		   const struct ipcmbox_select_options *options, size_t options_size,
		   struct ipcmbox_selected *selected, size_t selected_size);
int ipcmbox_send_batch(int fd, const struct ipcmbox_batch_message *messages,
		       unsigned int count, const struct ipcmbox_batch_options *options,
		       size_t options_size);
int ipcmbox_recv_batch(int fd, const struct ipcmbox_batch_message *messages,
		       unsigned int count, const struct ipcmbox_batch_options *options,
		       size_t options_size);
int ipcmbox_notify(int fd, int eventfd, unsigned int events, unsigned int flags);
uint64_t ipcmbox_deadline(uint64_t ns);
int ipcmbox_info(int fd, unsigned int flags, struct ipcmbox_info *info, size_t info_size);
int ipcmbox_set_capacity(int fd, uint64_t messages);
int ipcmbox_set_max_bytes(int fd, uint64_t bytes);
int ipcmbox_set_max_message(int fd, uint64_t bytes);
int ipcmbox_drain(int fd, uint64_t *messages, uint64_t *bytes);
int ipcmbox_destroy(int fd);

struct ipcmbox_region *ipcmbox_region_map(int fd);
void ipcmbox_region_unmap(struct ipcmbox_region *region);
void *ipcmbox_region_addr(const struct ipcmbox_region *region);
size_t ipcmbox_region_size(const struct ipcmbox_region *region);

int ipcmbox_mutex_init(pthread_mutex_t *mutex);
int ipcmbox_mutex_destroy(pthread_mutex_t *mutex);
int ipcmbox_mutex_lock(pthread_mutex_t *mutex, uint64_t deadline);
int ipcmbox_mutex_trylock(pthread_mutex_t *mutex);
int ipcmbox_mutex_consistent(pthread_mutex_t *mutex);
int ipcmbox_mutex_unlock(pthread_mutex_t *mutex);
int ipcmbox_cond_init(pthread_cond_t *cond);
int ipcmbox_cond_destroy(pthread_cond_t *cond);
int ipcmbox_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline);
int ipcmbox_cond_signal(pthread_cond_t *cond);
int ipcmbox_cond_broadcast(pthread_cond_t *cond);
int ipcmbox_sem_init(sem_t *sem, unsigned int value);
int ipcmbox_sem_destroy(sem_t *sem);
int ipcmbox_sem_wait(sem_t *sem, uint64_t deadline);
int ipcmbox_sem_post(sem_t *sem);
"""

ffibuilder = FFI()
ffibuilder.cdef(CDEF)
ffibuilder.set_source("ipcmbox._ffi", None)

if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    ffibuilder.emit_python_code("ipcmbox/_ffi.py")
