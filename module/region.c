// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: the memory behind mmap(2) of a mailbox. See region.h.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "account.h"
#include "instance.h"
#include "region.h"

/**
 * struct imb_region - a shared-memory region
 * @refs: mailboxes that have it, all of which have one reference to @file
 * @size: bytes, whole pages, constant
 * @file: the shmem file, constant; the region goes with it
 * @acct: account that is charged, constant while there is a mailbox; NULL if nobody is any more
 * @common: account of the first user for whom the creator counts and all who have mapped it, or
 *	NULL; a reference to @acct keeps it, and who maps changes it by cmpxchg
 */
struct imb_region {
	refcount_t refs;
	u64 size;
	struct file *file;
	struct imb_account *acct;
	struct imb_account *common;
};

static void imb_region_unpay(struct imb_region *region)
{
	if (!region->acct)
		return;
	imb_account_uncharge(region->acct, IMB_CHARGE_REGION_BYTES,
			     region->size);
	imb_account_put(region->acct);
	region->acct = NULL;
}

static int imb_region_release(struct inode *inode, struct file *file)
{
	struct imb_region *region = file->private_data;

	imb_region_unpay(region);
	kfree(region);
	return 0;
}

/* Those of shmem, of which there is no release, and our own. */
static const struct file_operations *
imb_region_file_ops(const struct file_operations *shmem)
{
	static struct file_operations ops;
	static DEFINE_MUTEX(lock);

	mutex_lock(&lock);
	if (!ops.release) {
		ops = *shmem;
		ops.owner = THIS_MODULE;
		/* It wants to be among those of shmem. Without it there is what a port has. */
		ops.get_unmapped_area = NULL;
		ops.release = imb_region_release;
	}
	mutex_unlock(&lock);
	return &ops;
}

/**
 * imb_region_new() - create a region
 * @size: bytes, rounded up to whole pages; 0 for none
 * @instance: where it is made, NULL for that of /dev/ipcmbox
 *
 * Return: the region, with one reference; NULL if @size is 0; or an ERR_PTR:
 * -EINVAL if it is larger than IPCMBOX_REGION_MAX, -EDQUOT, -ENOMEM, -ENFILE.
 */
struct imb_region *imb_region_new(u64 size, struct imb_instance *instance)
{
	const struct file_operations *ops;
	struct imb_region *region;
	int ret;

	if (!size)
		return NULL;
	if (size > IPCMBOX_REGION_MAX)
		return ERR_PTR(-EINVAL);
	region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return ERR_PTR(-ENOMEM);
	refcount_set(&region->refs, 1);
	region->size = PAGE_ALIGN(size);
	region->acct = imb_account_get_current(imb_instance_account(instance));
	if (IS_ERR(region->acct)) {
		ret = PTR_ERR(region->acct);
		goto err_free;
	}
	region->common = imb_account_user(region->acct);
	ret = imb_account_charge(region->acct, IMB_CHARGE_REGION_BYTES,
				 region->size);
	if (ret)
		goto err_account;
	/* Memory is committed when it is touched, not all at once. */
	region->file =
		shmem_file_setup("ipcmbox-region", region->size, VM_NORESERVE);
	if (IS_ERR(region->file)) {
		ret = PTR_ERR(region->file);
		/* So says shmem when it can't allocate an inode. */
		if (ret == -ENOSPC)
			ret = -ENOMEM;
		goto err_charge;
	}
	/* The caller has the module. */
	region->file->private_data = region;
	ops = imb_region_file_ops(region->file->f_op);
	region->file->f_op = fops_get(ops);
	return region;

err_charge:
	imb_account_uncharge(region->acct, IMB_CHARGE_REGION_BYTES,
			     region->size);
err_account:
	imb_account_put(region->acct);
err_free:
	kfree(region);
	return ERR_PTR(ret);
}

/**
 * imb_region_get() - take a reference
 * @region: the region, or NULL
 *
 * Return: @region.
 */
struct imb_region *imb_region_get(struct imb_region *region)
{
	if (region)
		refcount_inc(&region->refs);
	return region;
}

/*
 * There is no mailbox any more. It is not for another user to say how long the creator pays:
 * from now on it counts only for those for whom all count who have mapped it.
 */
static void imb_region_leave_to_users(struct imb_region *region)
{
	struct imb_account *acct = region->acct, *common = region->common;

	if (common == imb_account_user(acct))
		return;
	if (!common) {
		imb_region_unpay(region);
		return;
	}
	imb_account_unshare(acct, common, IMB_CHARGE_REGION_BYTES,
			    region->size);
	refcount_inc(&common->refs);
	region->acct = common;
	imb_account_put(acct);
}

/* Somebody maps it, of this account. */
static void imb_region_meet(struct imb_region *region,
			    const struct imb_account *acct)
{
	struct imb_account *common = READ_ONCE(region->common);

	while (!try_cmpxchg(&region->common, &common,
			    imb_account_common(common, acct)))
		;
}

/**
 * imb_region_put() - return a reference; the last one frees the region
 * @region: the region, or NULL
 *
 * It lives on in the mappings that there are.
 *
 * Return: NULL.
 */
struct imb_region *imb_region_put(struct imb_region *region)
{
	if (!region || !refcount_dec_and_test(&region->refs))
		return NULL;
	imb_region_leave_to_users(region);
	fput(region->file);
	return NULL;
}

/**
 * imb_region_size() - the size of a region
 * @region: the region, or NULL
 *
 * Return: bytes.
 */
u64 imb_region_size(const struct imb_region *region)
{
	return region ? region->size : 0;
}

/**
 * imb_region_mmap() - map a region
 * @region: the region, or NULL
 * @vma: the mapping to be; access rights were checked against the port's file
 *
 * Return: 0; -ENODEV if there is no region; -EINVAL if the mapping would exceed
 * it; -ENOMEM; or what shmem says.
 */
int imb_region_mmap(struct imb_region *region, struct vm_area_struct *vma)
{
	u64 pages = imb_region_size(region) >> PAGE_SHIFT;
	struct imb_account *acct;

	if (!region)
		return -ENODEV;
	if (vma->vm_pgoff > pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;
	acct = imb_account_get_current(NULL);
	if (IS_ERR(acct))
		return PTR_ERR(acct);
	imb_region_meet(region, acct);
	imb_account_put(acct);
	vma_set_file(vma, region->file);
	return call_mmap(region->file, vma);
}
