/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When nothing moves any more: what is there has who keeps it, what nobody keeps is gone, and
 * nobody waits in what is over.
 */
inline judge_box(b) {
	assert(inodes[b] == (name == b -> 1 : 0));
	assert(!joined[b] || refs[b] == (name == b -> 1 : 0) + (b == JOINED && joiner_waits -> 1 : 0));
	assert(!joined[b] || freed[b] == (refs[b] == 0));
	assert(!freed[b] || !listed[b]);
	assert(indexed[b] == (name == b))
}

inline judge() {
	judge_box(0);
	judge_box(1);
	judge_box(2);
	assert(charges == (name != NONE -> 1 : 0));
	/* Nobody opens it, and nobody can take its name away but by UNLINK. */
	assert(name == NONE || !dead[name]);
	assert(holders == 0 || !UMOUNT);
	assert(holders != 0 || name == NONE);
	assert(holders != 0 || !joiner_waits);
	assert(holders != 0 || instance_refs == 0)
}
