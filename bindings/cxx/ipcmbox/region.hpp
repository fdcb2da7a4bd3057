/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared memory, and synchronisation in it. */
#ifndef IPCMBOX_REGION_HPP
#define IPCMBOX_REGION_HPP

#include "mailbox.hpp"

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>

namespace ipcmbox
{

/* A mapping of the region of a mailbox, a range of bytes; outlives the mailbox. */
class region {
    public:
	explicit region(const mailbox &box)
		: region_(::ipcmbox_region_map(box.fd()))
	{
		if (!region_)
			detail::fail(errno, "ipcmbox: map");
	}
	std::byte *data() const noexcept
	{
		return static_cast<std::byte *>(
			::ipcmbox_region_addr(region_.get()));
	}
	std::size_t size() const noexcept
	{
		return ::ipcmbox_region_size(region_.get());
	}
	std::byte *begin() const noexcept
	{
		return data();
	}
	std::byte *end() const noexcept
	{
		return data() + size();
	}
	std::byte &operator[](std::size_t offset) const noexcept
	{
		return data()[offset];
	}
	/* An object that somebody has constructed there. */
	template <class T> T &at(std::size_t offset) const
	{
		return *std::launder(reinterpret_cast<T *>(place<T>(offset)));
	}
	/*
	 * Constructs one. It lives until it is destroyed by who knows that nobody uses it, as
	 * std::destroy_at() does; what points into this process has no place in it.
	 */
	template <class T, class... Args>
	T &construct(std::size_t offset, Args &&...args) const
	{
		return *::new (place<T>(offset)) T(std::forward<Args>(args)...);
	}

    private:
	struct unmap {
		void operator()(::ipcmbox_region *r) const noexcept
		{
			::ipcmbox_region_unmap(r);
		}
	};
	template <class T> void *place(std::size_t offset) const
	{
		if (offset % alignof(T) || offset > size() ||
		    size() - offset < sizeof(T))
			throw std::out_of_range("ipcmbox: place in a region");
		return data() + offset;
	}

	std::unique_ptr< ::ipcmbox_region, unmap> region_;
};

inline region mailbox::map() const
{
	return region(*this);
}

class owner_died;

/*
 * A robust mutex in a region, for std::unique_lock and std::lock_guard. Whoever gets it after
 * one that died with it gets owner_died, which holds the lock; see there.
 */
class mutex {
    public:
	mutex()
	{
		detail::check(::ipcmbox_mutex_init(&mutex_), "ipcmbox: mutex");
	}
	mutex(const mutex &) = delete;
	mutex &operator=(const mutex &) = delete;
	~mutex()
	{
		::ipcmbox_mutex_destroy(&mutex_);
	}
	void lock()
	{
		locked(::ipcmbox_mutex_lock(&mutex_, 0));
	}
	bool try_lock()
	{
		return locked(::ipcmbox_mutex_trylock(&mutex_), EBUSY);
	}
	bool try_lock_for(deadline wait)
	{
		return try_lock_until(wait);
	}
	bool try_lock_until(deadline when)
	{
		return locked(::ipcmbox_mutex_lock(&mutex_, when.ns()),
			      ETIMEDOUT);
	}
	/* Of who does not hold it, nothing. */
	void unlock() noexcept
	{
		::ipcmbox_mutex_unlock(&mutex_);
	}
	/* Says that what it protects is repaired. */
	void consistent()
	{
		detail::check(::ipcmbox_mutex_consistent(&mutex_),
			      "ipcmbox: mutex");
	}
	::pthread_mutex_t *native_handle() noexcept
	{
		return &mutex_;
	}

    private:
	inline bool locked(int ret, int expected = 0);

	::pthread_mutex_t mutex_;
};

/*
 * The last owner of a mutex has died with it. This exception holds the lock: who catches it in
 * the thread that threw it, and has repaired what the mutex protects, takes the lock by
 * recover(). If nobody does, the mutex is unlocked and lost for all: ENOTRECOVERABLE.
 */
class owner_died : public std::system_error {
    public:
	explicit owner_died(std::unique_lock<mutex> lock)
		: std::system_error(EOWNERDEAD, std::generic_category(),
				    "ipcmbox: mutex")
		, lock_(std::make_shared<std::unique_lock<mutex> >(
			  std::move(lock)))
	{
	}
	std::unique_lock<mutex> recover() const
	{
		if (!lock_->owns_lock())
			detail::fail(EPERM, "ipcmbox: mutex");
		lock_->mutex()->consistent();
		return std::move(*lock_);
	}

    private:
	std::shared_ptr<std::unique_lock<mutex> > lock_;
};

inline bool mutex::locked(int ret, int expected)
{
	if (!ret)
		return true;
	if (errno == EOWNERDEAD)
		throw owner_died(
			std::unique_lock<mutex>(*this, std::adopt_lock));
	if (errno != expected)
		detail::fail(errno, "ipcmbox: mutex");
	return false;
}

/* A condition in a region. A wait that ends with owner_died has given it the lock. */
class condition_variable {
    public:
	condition_variable()
	{
		detail::check(::ipcmbox_cond_init(&cond_),
			      "ipcmbox: condition");
	}
	condition_variable(const condition_variable &) = delete;
	condition_variable &operator=(const condition_variable &) = delete;
	~condition_variable()
	{
		::ipcmbox_cond_destroy(&cond_);
	}
	void notify_one() noexcept
	{
		::ipcmbox_cond_signal(&cond_);
	}
	void notify_all() noexcept
	{
		::ipcmbox_cond_broadcast(&cond_);
	}
	void wait(std::unique_lock<mutex> &lock)
	{
		waited(lock, {});
	}
	template <class Predicate>
	void wait(std::unique_lock<mutex> &lock, Predicate true_of)
	{
		while (!true_of())
			wait(lock);
	}
	std::cv_status wait_for(std::unique_lock<mutex> &lock, deadline wait)
	{
		return waited(lock, wait);
	}
	template <class Predicate>
	bool wait_for(std::unique_lock<mutex> &lock, deadline wait,
		      Predicate true_of)
	{
		return wait_until(lock, wait, true_of);
	}
	std::cv_status wait_until(std::unique_lock<mutex> &lock, deadline when)
	{
		return waited(lock, when);
	}
	template <class Predicate>
	bool wait_until(std::unique_lock<mutex> &lock, deadline when,
			Predicate true_of)
	{
		while (!true_of()) {
			if (waited(lock, when) == std::cv_status::timeout)
				return true_of();
		}
		return true;
	}

    private:
	std::cv_status waited(std::unique_lock<mutex> &lock, deadline when)
	{
		if (!::ipcmbox_cond_wait(&cond_, lock.mutex()->native_handle(),
					 when.ns()))
			return std::cv_status::no_timeout;
		if (errno == EOWNERDEAD)
			throw owner_died(std::move(lock));
		if (errno != ETIMEDOUT)
			detail::fail(errno, "ipcmbox: condition");
		return std::cv_status::timeout;
	}

	::pthread_cond_t cond_;
};

/* A semaphore in a region. */
class semaphore {
    public:
	explicit semaphore(unsigned int value)
	{
		detail::check(::ipcmbox_sem_init(&sem_, value),
			      "ipcmbox: semaphore");
	}
	semaphore(const semaphore &) = delete;
	semaphore &operator=(const semaphore &) = delete;
	~semaphore()
	{
		::ipcmbox_sem_destroy(&sem_);
	}
	void acquire()
	{
		detail::check(::ipcmbox_sem_wait(&sem_, 0),
			      "ipcmbox: semaphore");
	}
	bool try_acquire()
	{
		return try_acquire_until(
			std::chrono::steady_clock::time_point());
	}
	bool try_acquire_for(deadline wait)
	{
		return try_acquire_until(wait);
	}
	bool try_acquire_until(deadline when)
	{
		return detail::done(
			::ipcmbox_sem_wait(&sem_, when.ns()) ? errno : 0,
			"ipcmbox: semaphore");
	}
	void release()
	{
		detail::check(::ipcmbox_sem_post(&sem_), "ipcmbox: semaphore");
	}

    private:
	::sem_t sem_;
};

} /* namespace ipcmbox */

#endif /* IPCMBOX_REGION_HPP */
