/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the ipcmbox command share.
 *
 * main.c has the table of commands, options.c that of options; help, parsing and
 * completion come from these two. Each command is a function that gets its settings
 * and its operands and returns an exit status. What goes wrong is said once, on the
 * standard error, by who finds it.
 */
#ifndef CLI_H
#define CLI_H

#include <ipcmbox.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What the command exits with; part of its interface. */
enum {
	STATUS_OK		= 0,
	STATUS_ERROR		= 1,
	STATUS_USAGE		= 2,
	STATUS_WOULD_BLOCK	= 75,
	STATUS_TIMED_OUT	= 124,
	STATUS_CANNOT_EXECUTE	= 126,
	STATUS_NOT_FOUND	= 127,
	STATUS_SIGNAL		= 128, /* and the number of a signal */
};

enum option_id {
	OPT_END,
	OPT_HELP,
	OPT_VERSION,
	OPT_CONTROL,
	OPT_ESCAPED,
	OPT_FD,
	OPT_PID,
	OPT_TIMEOUT,
	OPT_DONTWAIT,
	/* attributes */
	OPT_CAPACITY,
	OPT_MAX_BYTES,
	OPT_MAX_MESSAGE,
	OPT_REGION,
	OPT_ORDER,
	OPT_POLICY,
	OPT_SELECTIVE,
	OPT_BROADCAST,
	OPT_SLOW_ALLOWED,
	OPT_OWNED,
	OPT_FAIR_SHARE,
	OPT_HANGUP,
	OPT_MODE,
	OPT_EXCL,
	/* messages */
	OPT_TYPE,
	OPT_PRIORITY,
	OPT_COOKIE,
	OPT_UNTIL_TAKEN,
	OPT_ALL,
	OPT_LINES,
	OPT_ZERO,
	OPT_FRAMED,
	OPT_FILE,
	OPT_CHUNK,
	OPT_VERBOSE,
	OPT_COUNT,
	OPT_FOLLOW,
	OPT_MESSAGE_JSON,
	OPT_MESSAGE_RAW,
	OPT_MATCH_TYPE,
	OPT_MATCH_TYPE_MAX,
	OPT_MATCH_TYPE_NOT,
	OPT_MATCH_FROM,
	OPT_INBOX,
	OPT_SLOW,
	/* calls */
	OPT_TAKEN_TIMEOUT,
	OPT_MAX_ANSWER,
	OPT_CHECK,
	OPT_CREATE,
	/* pair-run */
	OPT_STDIO,
	OPT_SEPARATOR,
	/* tables */
	OPT_OUTPUT,
	OPT_JSON,
	OPT_RAW,
	OPT_NOHEADINGS,
	/* the rest */
	OPT_INTERVAL,
	OPT_DESTROY,
	OPT_FORCE,
	OPT_ROUNDS,
	OPT_SIZE,
	OPTIONS,
};

/*
 * What the options said: which were given, and in members of their names what they took.
 * Times are in ns, sizes in bytes; of a word it is the index among those that the option
 * knows.
 */
struct settings {
	bool given[OPTIONS];
	bool escaped, dontwait;
	const char *control;
	uint64_t fd, pid, timeout;
	uint64_t capacity, max_bytes, max_message, region, order, policy, mode;
	const char *slow_allowed;
	bool selective, broadcast, owned, fair_share, excl;
	uint64_t hangup;
	uint64_t type, priority, cookie;
	bool until_taken, all, lines, zero, framed, verbose, follow, inbox;
	const char *file;
	uint64_t chunk, count, slow;
	bool json, raw;
	uint64_t match_value;
	uint64_t taken_timeout, max_answer;
	bool check, create, stdio;
	const char *separator, *output;
	bool noheadings, destroy, force;
	uint64_t interval, rounds, size;
};

/**
 * struct operands - what is left of the command line
 * @count: how many
 * @word: these
 * @command: what stands after "--", where a command takes one; else NULL
 */
struct operands {
	int count;
	char **word;
	char **command;
};

/**
 * struct command - a subcommand
 * @name: its name
 * @args: its operands, for people
 * @summary: what it does, in half a line
 * @least: of operands, without a command after "--"
 * @most: likewise
 * @executes: it takes a command after "--"
 * @completes: what its operands are: 'n' names, 0 others
 * @options: those it has beside --help, --version and --control, ended by OPT_END
 * @run: does it
 */
struct command {
	const char *name;
	const char *args;
	const char *summary;
	int least;
	int most;
	bool executes;
	char completes;
	const enum option_id *options;
	int (*run)(const struct settings *set, struct operands *op);
};

/* main.c */
extern const struct command commands[];
extern const size_t command_count;

/* options.c */
struct option_spec {
	char letter;
	const char *name;
	const char *arg;
	const char *help;
	/* Those that it takes, with a space between them, or NULL. */
	const char *words;
};

const struct option_spec *option_spec(enum option_id id);
/* Every command has these. */
extern const enum option_id common_options[];
/* Returns -1 to go on, or the status to exit with. */
int options_parse(const struct command *command, int argc, char **argv,
		  struct settings *set, struct operands *op);

/* value.c: numbers and words as people write them; false if it is none of these */
bool value_number(const char *text, uint64_t *value);
bool value_bytes(const char *text, uint64_t *value);
bool value_seconds(const char *text, uint64_t *ns);
bool value_capacity(const char *text, uint64_t *value);
bool value_mode(const char *text, uint64_t *value);
bool value_word(const char *text, const char *words, uint64_t *index);
/* The word of that index, which is static until the next call; NULL if there is none. */
const char *value_word_at(const char *words, uint64_t index);
/* In the order of the enums of the ABI. */
#define ORDER_WORDS	"fifo lifo priority"
#define POLICY_WORDS	"longest recent task-priority one-receiver exclusive"
#define SLOW_WORDS	"block drop-oldest drop-newest disconnect"

/* say.c: what goes wrong */
void say_command(const char *name);
/* A line on the standard error, in which nothing can control a terminal. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, with what errno means; returns the status to exit with. */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What an errno means here. */
const char *describe(int error);
int status_of(int error);
/* Memory, or the end of the program. */
void *need(void *memory);
/* Whether colours are wanted on that stream. */
bool colours(FILE *stream);

/* escape.c: bytes of others, shown so that they harm nobody; all to be freed */
enum escape_form {
	ESCAPE_NAME,	/* for a terminal: \xHH for what is not printable */
	ESCAPE_TEXT,	/* the same, but newlines and tabs stay */
	ESCAPE_UTF8,	/* what is not UTF-8 alone, for JSON */
};

char *escape(const char *data, size_t len, enum escape_form form);
/* Undo it, in place; false if that is not possible. */
bool unescape(char *name);
bool is_utf8(const char *data, size_t len);
/* A JSON string, with its quotes; the bytes must be UTF-8. */
void json_string(FILE *out, const char *data, size_t len);
void json_name(FILE *out, const char *name);
void json_base64(FILE *out, const char *data, size_t len);

/* output.c */
/* Descriptors that were closed before the program began must not be taken by others. */
void output_start(void);
/* All of it, or -1 with errno. */
int write_all(int fd, const void *data, size_t len);
/* Fails with EPIPE if nobody can read the standard output any more. */
int output_check(void);
/* Flush the standard output; says so if that fails, and returns a status. */
int output_finish(int status);

/* stop.c: signals that end a program, when it is between two messages */
void stop_catch(void);
int stop_signal(void);
/* In a child: signals are again what they were. */
void stop_forget(void);
/* In a child that is to finish its work: those of a terminal, and what came before, are nothing. */
void stop_ignore(void);
/* Ends by the signal, if there was one, else returns the status. */
int stop_finish(int status);
/* Sleeps; false if a signal came. */
bool stop_sleep(uint64_t ns);

/* place.c: which mailbox */
int control_open(const struct settings *set);
/* The mailbox of --fd, --pid or the first operand, which is then removed; says why not. */
int port_open(const struct settings *set, struct operands *op, int open_flags);
/* O_RDONLY or O_WRONLY: where a port may come and go, and its users do not notice. */
int port_side(const struct ipcmbox_entry *entry);
#define OTHER_SIDE(side) ((side) == O_RDONLY ? O_WRONLY : O_RDONLY)
/* A mailbox by its name, for a look at it at that side, or else at the other. */
int port_look(int ctl, const struct ipcmbox_entry *entry);
/* All names; NULL with errno. */
struct ipcmbox_entry *names_list(int ctl, size_t *count);
/* The one of that name; false with ENOENT, or other errors. */
bool names_find(int ctl, const char *name, struct ipcmbox_entry *entry);
/* How many NAMEs there are to be: none where an option says which mailbox is meant. */
int names_wanted(const struct settings *set);
/* Whether these are too few, or there are more than @more other operands. */
int wrong_operands(const struct settings *set, const struct operands *op,
		   int more);
/* An operand as a name: unescapes where that is asked for; NULL if it cannot be one. */
const char *name_operand(const struct settings *set, char *word);
/* Attributes as the options say, to be freed; NULL with a status. */
struct ipcmbox_attr *attr_of(const struct settings *set, int *status);
/* When to stop waiting, of a duration that was given or not. */
uint64_t deadline_of(const struct settings *set);

/* input.c: messages out of a stream of bytes */
struct input {
	int fd;
	const char *name;
	char *data;
	size_t begin, end, room;
	bool eof;
	uint64_t consumed;
};

enum input_form {
	INPUT_WHOLE,
	INPUT_LINES,
	INPUT_ZERO,
	INPUT_FRAMED,
	INPUT_CHUNKS,
};

void input_start(struct input *in, int fd, const char *name);
/*
 * The next message, which is there until the next call. 1; 0 at the end; -1 after it was
 * said what is wrong. A message has at most @most bytes; chunks have so many.
 */
int input_next(struct input *in, enum input_form form, size_t most,
	       const char **data, size_t *len);
void input_finish(struct input *in);

/* message.c: messages to the standard output */
struct message_buffer {
	char *base;
	size_t room;
};

void message_start(struct message_buffer *buf, size_t room);
struct iovec message_iovec(const struct message_buffer *buf);
/* Larger, if it was EMSGSIZE. */
void message_grow(struct message_buffer *buf, uint64_t len);
void message_finish(struct message_buffer *buf);
/* Write the first @len bytes of it in the form that was asked for; -1 with errno. */
int message_write(const struct settings *set, struct message_buffer *buf,
		  size_t len, const struct ipcmbox_delivery *delivery);
/* Whether not more than one form of messages was asked for. */
bool message_forms(const struct settings *set);

/* match.c: which messages are wanted */
/* Whether not more than one choice was asked for. */
bool match_single(const struct settings *set);
struct ipcmbox_recv_options match_options(const struct settings *set);

/* child.c: commands that are run */
/* In a child: become the command, or exit with 126 or 127. */
void child_execute(char **command) __attribute__((noreturn));
/* The wait status of a child, once it has ended; -1 with errno. */
int child_wait(pid_t child);
/* The same as shells count it. */
int child_status(int wait_status);
/*
 * Run a command with @input as its standard input and collect what it prints, up to @most
 * bytes. Returns its status, or -1 with errno; EMSGSIZE if it printed more.
 */
int child_filter(char **command, const void *input, size_t len, size_t most,
		 char **output, size_t *output_len);

/* pump.c: from a pipe to an end of a duplex pair, or the reverse, in a process */
pid_t pump_start(int end, int pipe, bool to_pipe);

/* table.c: tables by libsmartcols */
enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_BOOL, /* "yes" or "no" */
};

struct column {
	const char *name;
	const char *help;
	enum column_kind kind;
	bool usual; /* shown unless -o says otherwise */
};

struct table;
/*
 * NULL after it was said what is wrong, with a status. With @list a line of the table
 * is shown as a list, where people read it and all columns are shown.
 */
struct table *table_new(const struct settings *set, const char *name,
			const struct column *columns, size_t count, bool list,
			int *status);
void table_line(struct table *table);
/* A cell of the last line; columns that are not shown are ignored. */
void table_text(struct table *table, size_t column, const char *text);
void table_number(struct table *table, size_t column, uint64_t number);
void table_bool(struct table *table, size_t column, bool value);
/* The same as table_text(), and frees the text. */
void table_give(struct table *table, size_t column, char *text);
void table_print(struct table *table);
void table_free(struct table *table);

/* column.c: what ls and stat show in a like way */
char *mode_text(uint32_t mode);
char *user_text(uint32_t uid);
char *group_text(uint32_t gid);
char *time_text(uint64_t ns);
char *capacity_text(uint64_t capacity);

/* The commands. */
int run_create(const struct settings *set, struct operands *op);
int run_send(const struct settings *set, struct operands *op);
int run_recv(const struct settings *set, struct operands *op);
int run_peek(const struct settings *set, struct operands *op);
int run_call(const struct settings *set, struct operands *op);
int run_serve(const struct settings *set, struct operands *op);
int run_pair(const struct settings *set, struct operands *op);
int run_ls(const struct settings *set, struct operands *op);
int run_stat(const struct settings *set, struct operands *op);
int run_watch(const struct settings *set, struct operands *op);
int run_top(const struct settings *set, struct operands *op);
int run_rm(const struct settings *set, struct operands *op);
int run_drain(const struct settings *set, struct operands *op);
int run_trace(const struct settings *set, struct operands *op);
int run_bench(const struct settings *set, struct operands *op);
int run_doctor(const struct settings *set, struct operands *op);
int run_completion(const struct settings *set, struct operands *op);

#endif /* CLI_H */
