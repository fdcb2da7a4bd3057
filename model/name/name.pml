/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the life of a name, for spin: who makes it, opens it, takes it away, destroys
 * its mailbox, has umount -f destroy all there are, and ends the instance, all at once.
 * model/check runs it; each comment that names a function names the one that the code below
 * it stands for.
 *
 * A configuration sets by -D, what differs from what stands below:
 *
 *  CAPACITY	 has no meaning: messages are the matter of the other models
 *  MAKERS	 1 or 2: each makes a mailbox of its own, with the one name that there is
 *  RETRIES	 1 if a maker tries once more, where it finds the name
 *  OPENERS	 tasks that open the name, once
 *  UNLINKS	 tasks that take it away
 *  DESTROYS	 1 if those who made or opened it may destroy its mailbox
 *  FORCES	 umount -f: of two at once the second may return before the first has done
 *  UMOUNT	 0 if the mount stays
 *  JOINERS	 1 if a mailbox without a name comes by a port, when the super block may be over
 *
 * What is done under one lock is one step: that of the directory, that of the index of
 * names, that of the instance, and that of a mailbox. References are counted, and what has
 * none is freed: of the mailbox by the inode, by ports and by calls; of the inode by its
 * directory entry and by files; of the super block by files and mounts. What is left out:
 * permissions, accounts of which there is no quota, and instances that never end.
 */
#ifndef MAKERS
#define MAKERS		1
#endif
#ifndef RETRIES
#define RETRIES		0
#endif
#ifndef OPENERS
#define OPENERS		0
#endif
#ifndef UNLINKS
#define UNLINKS		0
#endif
#ifndef DESTROYS
#define DESTROYS	0
#endif
#ifndef FORCES
#define FORCES		0
#endif
#ifndef JOINERS
#define JOINERS		0
#endif
#ifndef UMOUNT
#define UMOUNT		1
#endif

#define BOXES		3	/* the last is that of the joiner */
#define JOINED		2
#define NONE		255

#include "world.pml"

/* imb_create_new(), imb_name_link(): with IPCMBOX_EXCL. */
proctype maker(byte m)
{
	byte x, tries = RETRIES;
	bool zero, last, found, gone, first;

	enter();
	join(m, x);
again:	link(m, x);
	if
	:: x == EEXIST && tries > 0 -> tries--; goto again
	:: else
	fi;
#ifndef NO_LOOK_BACK
	if
	:: x == OK && dead[m] -> remove(m)
	:: else
	fi;
#endif
	/* The port does not keep the super block. */
	leave();
	if
	:: DESTROYS -> destroy(m)
	:: true
	fi;
	mbox_put(m);
done:	skip
}

/* open(2) of the file, which keeps the super block: imb_port_open_name() */
proctype opener()
{
	byte m, was;
	bool zero, last, found, gone, first;

	enter();
	lookup(m);
	if
	:: m != NONE ->
		port_open(m);
		if
		:: m != NONE && DESTROYS -> destroy(m)
		:: true
		fi;
		if
		:: m != NONE -> mbox_put(m)
		:: else
		fi;
		inode_put(was)
	:: else
	fi;
	leave();
done:	skip
}

/* imb_name_unlink() */
proctype unlinker()
{
	byte m;
	bool zero, last;

	enter();
	unlink(m);
	if
	:: m != NONE -> inode_put(m)
	:: else
	fi;
	leave();
done:	skip
}

/* imb_fs_umount_begin(): what was there when it began is destroyed when it returns. */
proctype forcer()
{
	byte m;
	bool zero, last, found, gone, first;
	bool had[BOXES];

	enter();
	d_step { had[0] = listed[0]; had[1] = listed[1]; had[2] = listed[2] };
	destroy_all(m, false);
	assert(!had[0] || dead[0] || freed[0]);
	assert(!had[1] || dead[1] || freed[1]);
	assert(!had[2] || dead[2] || freed[2]);
	leave();
done:	skip
}

/* SUBSCRIBE to a port that outlives the super block; then it waits until it is told. */
proctype joiner()
{
	byte x;
	bool zero;

	join(JOINED, x);
	if
	:: x == OK ->
		joiner_waits = true;
end:		dead[JOINED];
		joiner_waits = false;
		mbox_put(JOINED)
	:: else
	fi;
	instance_put()
}

/* umount(2) */
proctype mount()
{
	leave()
}

/* imb_fs_kill(): when nobody has the super block any more. */
proctype killer()
{
	byte m;
	bool zero, last, found, gone, first;

end:	holders == 0;
	d_step { killed = true; m = name; name = NONE };
	if
	:: m != NONE -> inode_put(m)
	:: else
	fi;
	destroy_all(m, true);
	instance_put()
}

#include "judge.pml"

init {
	byte i;

	atomic {
		/* The mount, and the super block, which has a reference of the instance. */
		holders = 1;
		instance_refs = 1;
		run killer();
		if
		:: UMOUNT -> run mount()
		:: else
		fi;
		run maker(0);
		if
		:: MAKERS > 1 -> run maker(1)
		:: else
		fi;
		i = 0;
		do
		:: i < OPENERS -> run opener(); i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < UNLINKS -> run unlinker(); i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < FORCES -> run forcer(); i++
		:: else -> break
		od;
		if
		:: JOINERS -> instance_refs++; run joiner()
		:: else
		fi
	};
	timeout -> atomic { judge() }
}
