/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /dev/ipcmbox: what is made by it, names, and processes. */
#ifndef IPCMBOX_CONTROL_HPP
#define IPCMBOX_CONTROL_HPP

#include "mailbox.hpp"

#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>

namespace ipcmbox
{

/* /dev/ipcmbox, or the file "control" of an instance: what is made by it lives there. */
class control {
    public:
	control()
		: fd_(detail::check(::ipcmbox_open(), "/dev/ipcmbox"))
	{
	}
	explicit control(const std::string &path)
		: fd_(detail::check(::open(detail::c_name(path),
					   O_RDWR | O_CLOEXEC),
				    "ipcmbox: control"))
	{
	}
	explicit control(unique_fd fd) noexcept : fd_(std::move(fd))
	{
	}
	int fd() const noexcept
	{
		return fd_.get();
	}
	struct versions {
		std::uint32_t version;
		std::uint64_t features;
	};
	versions version() const
	{
		versions v{};

		detail::check(::ipcmbox_version(fd(), &v.version, &v.features),
			      "ipcmbox: version");
		return v;
	}
	mailbox create(const attributes &attr, int open_flags = O_RDWR) const
	{
		return mailbox::made(::ipcmbox_create_at(fd(), attr.get(),
							 open_flags),
				     "ipcmbox: create");
	}
	mailbox create(const std::string &name, const attributes &attr,
		       int open_flags = O_RDWR, mode_t mode = 0600) const
	{
		return mailbox::made(
			::ipcmbox_create_named_at(fd(), detail::c_name(name),
						  attr.get(), open_flags, mode),
			"ipcmbox: create");
	}
	/* With IPCMBOX_ADMIN among the flags, for the owner of the file. */
	mailbox open(const std::string &name, int open_flags = O_RDWR,
		     unsigned int flags = 0) const
	{
		return mailbox::made(
			::ipcmbox_open_named_at(fd(), detail::c_name(name),
						flags, open_flags),
			"ipcmbox: open");
	}
	void unlink(const std::string &name) const
	{
		detail::check(::ipcmbox_unlink_at(fd(), detail::c_name(name)),
			      "ipcmbox: unlink");
	}
	std::vector<entry> list() const
	{
		std::vector<entry> all;
		std::uint64_t cursor = 0;
		std::size_t count = 0;
		ssize_t told;

		do {
			all.resize(count + chunk);
			told = ::ipcmbox_list_at(fd(), &cursor, &all[count],
						 chunk, sizeof(entry));
			if (told < 0)
				detail::fail(errno, "ipcmbox: list");
			count += static_cast<std::size_t>(told);
		} while (static_cast<std::size_t>(told) == chunk);
		all.resize(count);
		return all;
	}
	/* With IPCMBOX_DUPLEX among the flags both ways, else the first receives. */
	std::pair<mailbox, mailbox> pair(const attributes &attr,
					 unsigned int flags = 0,
					 int open_flags = 0) const
	{
		int fds[2];

		detail::check(::ipcmbox_pair_at(fd(), attr.get(), flags,
						open_flags, fds),
			      "ipcmbox: pair");
		return { mailbox::from_fd(fds[0]), mailbox::from_fd(fds[1]) };
	}
	mailbox inbox(const attributes &attr,
		      ::ipcmbox_access access = IPCMBOX_ACCESS_USER,
		      gid_t gid = 0, int open_flags = 0) const
	{
		return mailbox::made(::ipcmbox_inbox_at(fd(), attr.get(),
							access, gid,
							open_flags),
				     "ipcmbox: inbox");
	}
	mailbox open_pid(pid_t pid, int open_flags = 0) const
	{
		return mailbox::made(::ipcmbox_open_pid_at(fd(), pid,
							   open_flags),
				     "ipcmbox: open_pid");
	}
	mailbox open_pidfd(int pidfd, int open_flags = 0) const
	{
		return mailbox::made(::ipcmbox_open_pidfd_at(fd(), pidfd,
							     open_flags),
				     "ipcmbox: open_pidfd");
	}

    private:
	static constexpr std::size_t chunk = 64;
	unique_fd fd_;
};

/* Names of the default instance. */
inline void unlink(const std::string &name)
{
	detail::check(::ipcmbox_unlink(detail::c_name(name)),
		      "ipcmbox: unlink");
}

inline std::vector<entry> list()
{
	return control().list();
}

} /* namespace ipcmbox */

#endif /* IPCMBOX_CONTROL_HPP */
