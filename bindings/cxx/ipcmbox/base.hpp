/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors, time, and descriptors that are closed with their object. */
#ifndef IPCMBOX_BASE_HPP
#define IPCMBOX_BASE_HPP

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include <ipcmbox.h>
#include <unistd.h>

namespace ipcmbox
{

using receipt = ::ipcmbox_receipt;
using delivery = ::ipcmbox_delivery;
using answer_info = ::ipcmbox_answer;
using info = struct ::ipcmbox_info;
using entry = ::ipcmbox_entry;

/* A send that failed; the receipt says whether the message ever had a place. */
class send_error : public std::system_error {
    public:
	send_error(int error, const ipcmbox::receipt &receipt)
		: std::system_error(error, std::generic_category(),
				    "ipcmbox: send")
		, receipt_(receipt)
	{
	}
	const ipcmbox::receipt &receipt() const noexcept
	{
		return receipt_;
	}

    private:
	ipcmbox::receipt receipt_;
};

/* A call that failed; its disposition says whether a receiver had the message. */
class call_error : public std::system_error {
    public:
	call_error(int error, const answer_info &answer)
		: std::system_error(error, std::generic_category(),
				    "ipcmbox: call")
		, answer_(answer)
	{
	}
	const answer_info &answer() const noexcept
	{
		return answer_;
	}

    private:
	answer_info answer_;
};

/* When to stop waiting: an instant, or a duration from now; by default never. */
class deadline {
    public:
	constexpr deadline() noexcept = default;

	template <class Rep, class Period>
	deadline(std::chrono::duration<Rep, Period> wait)
		: ns_(::ipcmbox_deadline(ahead(wait)))
	{
	}
	template <class Duration>
	deadline(std::chrono::time_point<std::chrono::steady_clock, Duration> at)
		: ns_(std::max<std::uint64_t>(1, ahead(at.time_since_epoch())))
	{
	}
	/* As <ipcmbox.h> has it: CLOCK_MONOTONIC in ns, 0 for never. */
	constexpr std::uint64_t ns() const noexcept
	{
		return ns_;
	}

    private:
	/* In ns, rounded up; 0 of what is negative, the most there is of what is beyond it. */
	template <class Rep, class Period>
	static std::uint64_t ahead(std::chrono::duration<Rep, Period> wait)
	{
		using namespace std::chrono;
		using seconds_f = duration<long double>;

		if (!(wait > wait.zero()))
			return 0;
		if (duration_cast<seconds_f>(wait) >=
		    duration_cast<seconds_f>(nanoseconds::max()))
			return INT64_MAX;
		return static_cast<std::uint64_t>(
			ceil<nanoseconds>(wait).count());
	}

	std::uint64_t ns_ = 0;
};

/* A descriptor that is closed with its object. */
class unique_fd {
    public:
	constexpr unique_fd() noexcept = default;
	explicit constexpr unique_fd(int fd) noexcept : fd_(fd)
	{
	}
	unique_fd(unique_fd &&other) noexcept : fd_(other.release())
	{
	}
	unique_fd &operator=(unique_fd &&other) noexcept
	{
		reset(other.release());
		return *this;
	}
	~unique_fd()
	{
		reset();
	}
	int get() const noexcept
	{
		return fd_;
	}
	[[nodiscard]] int release() noexcept
	{
		return std::exchange(fd_, -1);
	}
	/* Keeps errno. */
	void reset(int fd = -1) noexcept
	{
		const int error = errno;
		const int old = std::exchange(fd_, fd);

		if (old >= 0 && old != fd)
			::close(old);
		errno = error;
	}
	explicit operator bool() const noexcept
	{
		return fd_ >= 0;
	}

    private:
	int fd_ = -1;
};

namespace detail
{

[[noreturn]] inline void fail(int error, const char *what)
{
	throw std::system_error(error, std::generic_category(), what);
}

/* For the library, to which a name ends with its first 0, and is that of another mailbox. */
inline const char *c_name(const std::string &name)
{
	if (name.find('\0') != std::string::npos)
		fail(EINVAL, "ipcmbox: a name with a 0 in it");
	return name.c_str();
}

/* For what returns -1 and sets errno. */
inline int check(int ret, const char *what)
{
	if (ret < 0)
		fail(errno, what);
	return ret;
}

inline bool too_late(int error) noexcept
{
	return error == EAGAIN || error == ETIMEDOUT;
}

/* True if it was done, false if it had to wait longer than it may. */
inline bool done(int error, const char *what)
{
	if (error && !too_late(error))
		fail(error, what);
	return !error;
}

/* How long an operation waits. */
struct limit {
	std::uint32_t flags = 0;
	std::uint64_t until = 0;
};

inline limit at_once() noexcept
{
	return { IPCMBOX_DONTWAIT, 0 };
}

inline limit until(deadline when) noexcept
{
	return { 0, when.ns() };
}

} /* namespace detail */

} /* namespace ipcmbox */

#endif /* IPCMBOX_BASE_HPP */
