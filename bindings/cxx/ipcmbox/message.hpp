/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A message that is received, and the answer to one. */
#ifndef IPCMBOX_MESSAGE_HPP
#define IPCMBOX_MESSAGE_HPP

#include "base.hpp"
#include "buffer.hpp"
#include "options.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace ipcmbox
{

/*
 * A received message, with what is known of it and its descriptors; before that, room for one.
 * Used again and again, it allocates only for a message that is longer than any before.
 */
class message {
    public:
	/* @fds: room for descriptors, at most IPCMBOX_FDS_MAX; with none, those that come are closed */
	explicit message(std::size_t room = 4096, std::size_t fds = 0)
		: bytes_(allocate(room))
		, room_(room)
		, fd_room_(std::min<std::size_t>(fds, IPCMBOX_FDS_MAX))
	{
	}
	message(message &&other) noexcept
		: bytes_(std::move(other.bytes_)),
		  room_(std::exchange(other.room_, 0)),
		  size_(std::exchange(other.size_, 0)),
		  fd_room_(other.fd_room_),
		  fd_count_(std::exchange(other.fd_count_, 0)),
		  fds_(other.fds_),
		  info_(std::exchange(other.info_, delivery{}))
	{
	}
	message &operator=(message &&other) noexcept
	{
		message taken(std::move(other));

		std::swap(bytes_, taken.bytes_);
		std::swap(room_, taken.room_);
		std::swap(size_, taken.size_);
		std::swap(fd_room_, taken.fd_room_);
		std::swap(fd_count_, taken.fd_count_);
		std::swap(fds_, taken.fds_);
		std::swap(info_, taken.info_);
		return *this;
	}
	~message()
	{
		clear();
	}

	const std::byte *data() const noexcept
	{
		return bytes_.get();
	}
	std::byte *data() noexcept
	{
		return bytes_.get();
	}
	std::size_t size() const noexcept
	{
		return size_;
	}
	std::size_t room() const noexcept
	{
		return room_;
	}
	/* The bytes as text, valid as long as the message is not used for another. */
	std::string_view text() const noexcept
	{
		return { reinterpret_cast<const char *>(data()), size_ };
	}
	const delivery &info() const noexcept
	{
		return info_;
	}
	std::uint64_t token() const noexcept
	{
		return info_.token;
	}
	/* Someone waits for an answer. */
	bool is_call() const noexcept
	{
		return token() && !is_notice();
	}
	/* No message: the caller of token() has left. */
	bool is_notice() const noexcept
	{
		return info_.flags & IPCMBOX_MSG_LEFT;
	}
	bool is_truncated() const noexcept
	{
		return info_.flags & IPCMBOX_MSG_TRUNCATED;
	}
	/* How many descriptors have come. */
	std::size_t fds() const noexcept
	{
		return fd_count_;
	}
	/* One of them, to be had once; without value if it was lost on its way. */
	unique_fd take_fd(std::size_t i)
	{
		if (i >= fd_count_)
			throw std::out_of_range("ipcmbox: descriptor");
		return unique_fd(std::exchange(fds_[i], -1));
	}

	/* Closes the descriptors and forgets the message; keeps the room. */
	void clear() noexcept
	{
		while (fd_count_)
			close_fd(fds_[--fd_count_]);
		size_ = 0;
		info_ = {};
	}
	/* Makes more room; what is there is forgotten. */
	void reserve(std::size_t room)
	{
		if (room <= room_)
			return;
		bytes_ = allocate(room);
		room_ = room;
		clear();
	}

	/* For those who call <ipcmbox.h> themselves: where a message goes, and that it is there. */
	::iovec iov() noexcept
	{
		return { bytes_.get(), room_ };
	}
	int *fd_buffer() noexcept
	{
		return fds_.data();
	}
	std::size_t fd_room() const noexcept
	{
		return fd_room_;
	}
	delivery &buffer_info() noexcept
	{
		return info_;
	}
	void set(std::size_t size) noexcept
	{
		size_ = size;
		fd_count_ = std::min<std::size_t>(info_.nr_fds, fd_room_);
	}

    private:
	static void close_fd(int fd) noexcept
	{
		const unique_fd closed(fd);
	}
	static std::unique_ptr<std::byte[]> allocate(std::size_t room)
	{
		return std::unique_ptr<std::byte[]>(new std::byte[room]);
	}

	std::unique_ptr<std::byte[]> bytes_;
	std::size_t room_;
	std::size_t size_ = 0;
	std::size_t fd_room_;
	std::size_t fd_count_ = 0;
	std::array<int, IPCMBOX_FDS_MAX> fds_{};
	delivery info_{};
};

/*
 * An answer, and what became of it; the data belongs to the caller. Where giving it and
 * receiving the next message fails half-way, it knows, and is not given twice.
 */
class response {
    public:
	response(std::uint64_t token, const_buffer data)
		: data_(data)
	{
		raw_.token = token;
	}
	response(const message &call, const_buffer data)
		: response(call.token(), data)
	{
	}
	response &cookie(std::uint64_t cookie) noexcept
	{
		raw_.cookie = cookie;
		return *this;
	}
	response &fds(const int *fds, std::size_t count) noexcept
	{
		raw_.fds = fds;
		raw_.nr_fds = count;
		return *this;
	}
	::ipcmbox_outcome outcome() const noexcept
	{
		return static_cast< ::ipcmbox_outcome>(raw_.outcome);
	}
	/* After EMSGSIZE: bytes that the caller has room for, and descriptors. */
	std::uint64_t room() const noexcept
	{
		return raw_.room;
	}
	std::uint32_t room_fds() const noexcept
	{
		return raw_.room_fds;
	}
	::ipcmbox_response &raw() noexcept
	{
		raw_.iov = &data_;
		raw_.iovcnt = 1;
		return raw_;
	}

    private:
	const_buffer data_;
	::ipcmbox_response raw_{};
};

} /* namespace ipcmbox */

#endif /* IPCMBOX_MESSAGE_HPP */
