// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mailboxes of a round: each capacity there is, one-way and duplex pairs, one that
 * may be destroyed, and two of which only the first process has one end, so that the
 * others come to know what it is like without; and some of which everything is drawn,
 * order, choice and policy too. The parent keeps those that receive, for what is left in
 * the end. Every other round is scarce: its mailboxes are of an instance that may not have
 * many bytes, and some of its processes are of another user than theirs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#include "storm.h"

#define BOX_PAIR 5
#define BOX_FEW_SENDERS 9
#define BOX_FEW_RECEIVERS 10
/* Enough for the mailboxes, and for some messages. */
#define LEAST_BYTES 100000
#define MANY_BYTES (1ULL << 40)

static uint64_t number_of(int fd)
{
	struct ipcmbox_info info = { .size = sizeof(info) };

	return ioctl(fd, IPCMBOX_IOC_INFO, &info) ? 0 : info.mailbox;
}

/* As open_one(), but with a name. */
static bool open_named(struct box *boxes, unsigned int number)
{
	struct box *box = &boxes[number];
	char text[STORM_NAME];
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.flags = IPCMBOX_HANGUP | IPCMBOX_EXCL |
			 (box->selective ? IPCMBOX_SELECTIVE : 0),
		.open_flags = O_RDWR,
		.capacity = box->capacity,
		.order = box->order,
		.policy = box->policy,
		.name = (uintptr_t)names_of(text, number),
	};

	if (ioctl(names_control(number), IPCMBOX_IOC_CREATE, &create))
		return false;
	box->rx = create.fd;
	box->tx = create.fd;
	box->number = number_of(create.fd);
	return box->number;
}

static bool open_one(int device, struct box *box, uint32_t flags)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.flags = flags | (box->selective ? IPCMBOX_SELECTIVE : 0),
		.open_flags = O_RDWR,
		.capacity = box->capacity,
		.order = box->order,
		.policy = box->policy,
		.region_size = box->region ? 65536 : 0,
	};

	if (ioctl(device, IPCMBOX_IOC_CREATE, &create))
		return false;
	box->rx = create.fd;
	box->tx = create.fd;
	return true;
}

/* One-way: the last sender goes with the workers, and the rest ends in EOF. */
static bool open_pair(int device, struct box *box)
{
	struct ipcmbox_pair pair = {
		.size = sizeof(pair),
		.capacity = box->capacity,
	};

	if (ioctl(device, IPCMBOX_IOC_PAIR, &pair))
		return false;
	box->rx = pair.fds[0];
	box->tx = pair.fds[1];
	return true;
}

/* So many messages are stored until some are lost; of one that then ends, later. */
static uint64_t hub_capacity(struct dice *dice, uint32_t slow)
{
	return slow == IPCMBOX_SLOW_DISCONNECT ? 4 + dice_draw(dice, 60) :
						 1 + slow;
}

/* The mailbox that broadcasts comes first, then a subscription of each kind. */
static bool open_hub(int device, struct box boxes[], struct dice *dice)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.flags = IPCMBOX_BROADCAST,
		.open_flags = O_RDWR,
	};
	struct ipcmbox_subscribe subscribe = { .size = sizeof(subscribe) };
	uint32_t slow;

	if (ioctl(device, IPCMBOX_IOC_CREATE, &create))
		return false;
	boxes[0] = (struct box){
		.capacity = IPCMBOX_UNBOUNDED,
		.rx = -1,
		.tx = create.fd,
	};
	for (slow = 0; slow <= IPCMBOX_SLOW_DISCONNECT; slow++) {
		subscribe.capacity = hub_capacity(dice, slow);
		subscribe.slow = slow;
		if (ioctl(create.fd, IPCMBOX_IOC_SUBSCRIBE, &subscribe))
			return false;
		boxes[1 + slow] = (struct box){
			.capacity = subscribe.capacity,
			.slow = slow,
			.rx = subscribe.fd,
			.tx = -1,
		};
	}
	return true;
}

static bool open_duplex(int device, struct box boxes[2])
{
	struct ipcmbox_pair pair = {
		.size = sizeof(pair),
		.flags = IPCMBOX_DUPLEX,
		.capacity = boxes[0].capacity,
	};
	int i;

	if (ioctl(device, IPCMBOX_IOC_PAIR, &pair))
		return false;
	for (i = 0; i < 2; i++) {
		boxes[i].rx = pair.fds[i];
		boxes[i].tx = pair.fds[!i];
	}
	return true;
}

static void draw_box(struct box *box, struct dice *dice)
{
	static const uint64_t capacities[] = {
		0, 1, 2, 4, 7, IPCMBOX_UNBOUNDED,
	};
	uint32_t policy = dice_draw(dice, 2 * IPCMBOX_EXCLUSIVE + 1);

	*box = (struct box){
		.capacity = capacities[dice_draw(dice, 6)],
		.order = dice_draw(dice, IPCMBOX_PRIORITY + 1),
		.policy = policy > IPCMBOX_EXCLUSIVE ? 0 : policy,
		.selective = dice_draw(dice, 3),
	};
}

/* In either world; of those that open_one() makes, and have no region. */
static bool is_named(unsigned int box)
{
	return box == 2 || box == 3 || box == STORM_DRAWN ||
	       box == STORM_DRAWN + 1;
}

bool boxes_open(struct round *round, struct dice *dice)
{
	static const uint64_t capacities[STORM_DRAWN] = {
		0, 1, 2, 7, IPCMBOX_UNBOUNDED, 2, 1, 1, 0, 1, 2,
	};
	static struct box boxes[STORM_BOXES];
	int device = round->scarce ? names_device() :
				     open("/dev/ipcmbox", O_RDWR | O_CLOEXEC);
	unsigned int i;
	bool fine;

	round->boxes = boxes;
	round->device = device;
	if (device < 0)
		return false;
	for (i = 0; i < STORM_DRAWN; i++)
		boxes[i] = (struct box){ .capacity = capacities[i] };
	for (; i < STORM_HUB; i++)
		draw_box(&boxes[i], dice);
	boxes[1].region = true;
	boxes[8].capacity = dice_draw(dice, 4);
	fine = true;
	names_forget();
	for (i = 0; i < 5; i++)
		fine = fine && (is_named(i) ? open_named(boxes, i) :
					      open_one(device, &boxes[i], 0));
	fine = fine && open_pair(device, &boxes[BOX_PAIR]) &&
	       open_duplex(device, &boxes[6]) &&
	       open_one(device, &boxes[8], IPCMBOX_NO_HANGUP) &&
	       open_pair(device, &boxes[BOX_FEW_SENDERS]) &&
	       open_pair(device, &boxes[BOX_FEW_RECEIVERS]);
	/* The parent, who is the owner, outlives the calls. */
	for (i = STORM_DRAWN; i < STORM_HUB; i++)
		fine = fine &&
		       (is_named(i) ? open_named(boxes, i) :
				      open_one(device, &boxes[i],
					       i % 2 ? IPCMBOX_OWNED : 0));
	fine = fine && open_hub(device, &boxes[STORM_HUB], dice);
	if (round->scarce)
		fine = fine &&
		       names_limit(LEAST_BYTES + dice_draw(dice, LEAST_BYTES));
	return fine;
}

/* One for a call: of those that are drawn half of the calls are about. */
unsigned int boxes_draw(struct dice *dice)
{
	uint32_t drawn = dice_draw(dice, 2 * STORM_DRAWN);

	return drawn < STORM_DRAWN ?
		       drawn :
		       STORM_DRAWN + drawn % (STORM_BOXES - STORM_DRAWN);
}

unsigned int boxes_bounded(const struct round *round, unsigned int box)
{
	uint64_t capacity = round->boxes[box].capacity;

	return box < STORM_DRAWN || box >= STORM_HUB || !capacity ||
			       capacity == IPCMBOX_UNBOUNDED ?
		       3 :
		       box;
}

static void leave(int *fd)
{
	close(*fd);
	*fd = -1;
}

void boxes_leave(struct round *round)
{
	leave(&round->boxes[BOX_FEW_SENDERS].tx);
	leave(&round->boxes[BOX_FEW_RECEIVERS].rx);
}

void boxes_leave_all(struct round *round)
{
	boxes_leave(round);
	leave(&round->boxes[BOX_PAIR].tx);
}

bool boxes_are_held(const struct round *round)
{
	return round->boxes[BOX_FEW_RECEIVERS].rx >= 0;
}

void boxes_close(struct round *round)
{
	unsigned int i;

	for (i = 0; i < STORM_BOXES; i++)
		close(round->boxes[i].rx);
	close(round->boxes[BOX_FEW_RECEIVERS].tx);
	close(round->boxes[STORM_HUB].tx);
	close(round->device);
	names_forget();
	if (round->scarce)
		names_limit(MANY_BYTES);
}
