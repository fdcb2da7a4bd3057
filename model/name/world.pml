/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory with its one name, the index of names, the instance, and the references
 * that keep mailboxes, inodes and the super block.
 */
#define OK		0
#define EEXIST		1
#define EIDRM		2

byte holders;			/* s_active, of the super block */
bool killed;			/* it has come to 0 */
byte instance_refs;
bool over;			/* imb_instance.over */

byte name = NONE;		/* whose inode the directory entry has */
bool indexed[BOXES];		/* imb_instance.names */
bool listed[BOXES];		/* imb_instance.mailboxes */

byte inodes[BOXES];		/* references: of the entry, and of who has found it */
byte refs[BOXES];		/* of the mailbox */
bool dead[BOXES];
bool freed[BOXES];

/* For the assertions alone. */
bool made[BOXES];		/* it has or had the name */
bool joined[BOXES];
byte charges;			/* of names */
bool joiner_waits;

/* A path or a descriptor that keeps the super block; if it is over, there is none. */
inline enter() {
	if
	:: d_step { holders > 0 -> holders++ }
	:: holders == 0 -> goto done
	fi
}

/* imb_instance_put() */
inline instance_put() {
	d_step {
		assert(instance_refs > 0);
		instance_refs--
	}
}

/* imb_mbox_put() */
inline mbox_put(m) {
	d_step {
		assert(refs[m] > 0);
		refs[m]--;
		zero = (refs[m] == 0);
		freed[m] = zero
	};
	if
	:: zero ->
		/* imb_instance_leave(), before anything of it goes */
		d_step { listed[m] = false; dead[m] = true };
		d_step { assert(instance_refs > 0); instance_refs-- }
	:: else
	fi
}

/* imb_instance_join(), with the reference that its maker has */
inline join(m, x) {
	d_step {
		if
#ifndef NO_OVER
		:: over -> x = EIDRM
#endif
		:: else ->
			assert(instance_refs > 0);
			x = OK;
			instance_refs++;
			refs[m] = 1;
			listed[m] = true;
			joined[m] = true
		fi
	}
}

/* imb_name_import(), imb_name_link(): under the lock of the directory. */
inline link(m, x) {
	d_step {
		if
		:: name != NONE -> x = EEXIST
		:: else ->
			/* imb_name_make() */
			x = OK;
			assert(!made[m] && refs[m] > 0);
			made[m] = true;
			charges++;
			refs[m]++;
			inodes[m] = 1;
			name = m;
			indexed[m] = true
		fi
	}
}

/* imb_name_forget() */
inline forget(m) {
	if
#ifdef FORGET_TWICE
	:: true ->
#else
	:: indexed[m] ->
#endif
		indexed[m] = false;
		assert(charges > 0);
		charges--
	:: else
	fi
}

/* The last reference of an inode: imb_name_evict(). */
inline inode_put(m) {
	d_step {
		assert(inodes[m] > 0);
		inodes[m]--;
		last = (inodes[m] == 0);
		if
		:: last -> forget(m)
		:: else
		fi
	};
	if
	:: last -> mbox_put(m)
	:: else
	fi
}

/*
 * A name that is looked up gives its inode, with a reference: imb_name_lookup(). Who has
 * found it looks whether the mailbox was destroyed, later: see port_open().
 */
inline lookup(m) {
	d_step {
		m = name;
		if
		:: m != NONE -> inodes[m]++
		:: else
		fi
	}
}

/* imb_port_open_name(): a port, unless the mailbox was destroyed; m is NONE then. */
inline port_open(m) {
	d_step {
		was = m;
		assert(!freed[m] && inodes[m] > 0 && refs[m] > 0);
		if
		:: dead[m] -> m = NONE
		:: else -> refs[m]++
		fi
	}
}

/* imb_name_dir_unlink(), by vfs_unlink(), which keeps the inode for its caller. */
inline unlink(m) {
	d_step {
		m = name;
		if
		:: m != NONE ->
			forget(m);
			name = NONE
		:: else
		fi
	}
}

/*
 * imb_name_remove(): under the lock of the index the super block and the entry get a
 * reference, if the name is still there; then the directory is locked, where others may
 * have been faster. The entry's own reference of the inode goes with it.
 */
inline remove(m) {
	d_step {
#ifndef NO_ACTIVE
		found = indexed[m] && holders > 0;
		if
		:: found -> holders++; inodes[m]++
		:: else
		fi
#else
		found = indexed[m];
		if
		:: found -> inodes[m]++
		:: else
		fi
#endif
	};
	if
	:: found ->
		d_step {
			assert(!killed);
			gone = (name == m);
#ifdef REMOVE_BY_NAME
			gone = (name != NONE);
#endif
			if
			:: gone -> forget(m); name = NONE
			:: else
			fi
		};
		if
		:: gone -> inode_put(m)
		:: else
		fi;
		inode_put(m);
#ifndef NO_ACTIVE
		leave()
#endif
	:: else
	fi
}

/* deactivate_super(): the last one ends the super block, see killer(). */
inline leave() {
	d_step { assert(holders > 0); holders-- }
}

/* imb_mbox_destroy(), and imb_name_remove() by who was first */
inline destroy(m) {
	d_step {
		assert(!freed[m]);
		first = !dead[m];
		dead[m] = true
	};
	if
	:: first -> remove(m)
	:: else
	fi
}

/* imb_fs_first(): of a mailbox whose last reference just goes it has none to give. */
inline take_first(m, ends) {
	d_step {
		if
		:: ends -> over = true
		:: else
		fi;
		m = 0;
		do
		:: m < BOXES && !listed[m] -> m++
		:: m < BOXES && listed[m] ->
			listed[m] = false;
#ifndef NO_NOT_ZERO
			if
			:: refs[m] > 0 -> break
			:: else -> m++
			fi
#else
			break
#endif
		:: m == BOXES -> break
		od;
		if
		:: m < BOXES -> assert(!freed[m]); refs[m]++
		:: else -> m = NONE
		fi
	}
}

/* imb_fs_destroy_all() */
inline destroy_all(m, ends) {
	do
	:: take_first(m, ends);
		if
		:: m == NONE -> break
		:: else
		fi;
		destroy(m);
		mbox_put(m)
#ifdef NOT_ALL
		; break
#endif
	od
}
