/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_REGION_H
#define _IMB_REGION_H

#include <linux/types.h>

struct imb_instance;
struct imb_region;
struct vm_area_struct;

/**
 * DOC: Regions
 *
 * The shared-memory region of a mailbox is a shmem file that no descriptor ever
 * leads to; mmap(2) of a port maps it. As pages of shmem they have a mapping of
 * their own, so that futexes work in it, they are swapped, and they are charged
 * to the memory cgroup of whoever touches them first. A mapping holds the file,
 * not the mailbox, which it outlives. The kernel never reads what is in a region.
 *
 * The creator's quota is charged for the whole region until the file is released, after the
 * last mailbox and the last mapping: else who maps, and closes the mailbox, could have
 * any number of them. But once others have mapped it, with the last mailbox the charge ends of
 * all but those for whom both they and the creator count, who made the user namespace for
 * example: else they could use up the creator's quota, by keeping what that one is done with.
 * For the charge the file has our own operation beside those of shmem, so a mapping keeps the
 * module.
 */

struct imb_region *imb_region_new(u64 size, struct imb_instance *instance);
struct imb_region *imb_region_get(struct imb_region *region);
struct imb_region *imb_region_put(struct imb_region *region);
u64 imb_region_size(const struct imb_region *region);
int imb_region_mmap(struct imb_region *region, struct vm_area_struct *vma);

#endif /* _IMB_REGION_H */
