/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a mailbox is made, and how a message is sent, received and answered. */
#ifndef IPCMBOX_OPTIONS_HPP
#define IPCMBOX_OPTIONS_HPP

#include "base.hpp"

#include <cstdint>
#include <memory>

namespace ipcmbox
{

/* Attributes of a mailbox to be created, set one after the other. */
class attributes {
    public:
	attributes()
		: attr_(::ipcmbox_attr_new())
	{
		if (!attr_)
			detail::fail(errno, "ipcmbox: attributes");
	}
	attributes &capacity(std::uint64_t messages) noexcept
	{
		::ipcmbox_attr_set_capacity(attr_.get(), messages);
		return *this;
	}
	attributes &max_bytes(std::uint64_t bytes) noexcept
	{
		::ipcmbox_attr_set_max_bytes(attr_.get(), bytes);
		return *this;
	}
	attributes &max_message(std::uint64_t bytes) noexcept
	{
		::ipcmbox_attr_set_max_message(attr_.get(), bytes);
		return *this;
	}
	attributes &region_size(std::uint64_t bytes) noexcept
	{
		::ipcmbox_attr_set_region_size(attr_.get(), bytes);
		return *this;
	}
	attributes &hangup(bool hangup) noexcept
	{
		::ipcmbox_attr_set_hangup(attr_.get(), hangup);
		return *this;
	}
	attributes &order(::ipcmbox_order order) noexcept
	{
		::ipcmbox_attr_set_order(attr_.get(), order);
		return *this;
	}
	attributes &policy(::ipcmbox_policy policy) noexcept
	{
		::ipcmbox_attr_set_policy(attr_.get(), policy);
		return *this;
	}
	attributes &selective(bool selective = true) noexcept
	{
		::ipcmbox_attr_set_selective(attr_.get(), selective);
		return *this;
	}
	attributes &fair_share(bool fair = true) noexcept
	{
		::ipcmbox_attr_set_fair_share(attr_.get(), fair);
		return *this;
	}
	attributes &broadcast(bool broadcast = true) noexcept
	{
		::ipcmbox_attr_set_broadcast(attr_.get(), broadcast);
		return *this;
	}
	attributes &owned(bool owned = true) noexcept
	{
		::ipcmbox_attr_set_owned(attr_.get(), owned);
		return *this;
	}
	attributes &slow(::ipcmbox_slow slow) noexcept
	{
		::ipcmbox_attr_set_slow(attr_.get(), slow);
		return *this;
	}
	attributes &slow_mask(std::uint32_t mask) noexcept
	{
		::ipcmbox_attr_set_slow_mask(attr_.get(), mask);
		return *this;
	}
	const ::ipcmbox_attr *get() const noexcept
	{
		return attr_.get();
	}

    private:
	struct free {
		void operator()(::ipcmbox_attr *attr) const noexcept
		{
			::ipcmbox_attr_free(attr);
		}
	};
	std::unique_ptr< ::ipcmbox_attr, free> attr_;
};

/* Tells other threads the number of a message whose sender still waits. */
class ticket {
    public:
	ticket()
		: ticket_(::ipcmbox_ticket_new())
	{
		if (!ticket_)
			detail::fail(errno, "ipcmbox: ticket");
	}
	std::uint64_t id() const noexcept
	{
		return ::ipcmbox_ticket_id(ticket_.get());
	}
	::ipcmbox_ticket *get() const noexcept
	{
		return ticket_.get();
	}

    private:
	struct free {
		void operator()(::ipcmbox_ticket *t) const noexcept
		{
			::ipcmbox_ticket_free(t);
		}
	};
	std::unique_ptr< ::ipcmbox_ticket, free> ticket_;
};

/* How a message is sent; what these refer to belongs to the caller. */
class send_options {
    public:
	send_options &type(std::uint64_t type) noexcept
	{
		raw_.type = type;
		return *this;
	}
	send_options &priority(unsigned int priority) noexcept
	{
		raw_.priority = priority;
		return *this;
	}
	send_options &cookie(std::uint64_t cookie) noexcept
	{
		raw_.cookie = cookie;
		return *this;
	}
	send_options &fds(const int *fds, std::size_t count) noexcept
	{
		raw_.fds = fds;
		raw_.nr_fds = count;
		return *this;
	}
	send_options &until_taken() noexcept
	{
		raw_.flags |= IPCMBOX_UNTIL_TAKEN;
		return *this;
	}
	/* Of a broadcast: to all subscribers or to none. */
	send_options &to_all() noexcept
	{
		raw_.flags |= IPCMBOX_ALL;
		return *this;
	}
	send_options &with(const ticket &ticket) noexcept
	{
		raw_.ticket = ticket.get();
		return *this;
	}
	::ipcmbox_send_options raw(detail::limit limit = {}) const noexcept
	{
		::ipcmbox_send_options raw = raw_;

		raw.flags |= limit.flags;
		raw.deadline = limit.until;
		return raw;
	}

    private:
	::ipcmbox_send_options raw_{};
};

/* Which message is received, and how. All but any need a selective mailbox. */
class recv_options {
    public:
	recv_options &type(std::uint64_t type) noexcept
	{
		return match(IPCMBOX_MATCH_TYPE, type);
	}
	recv_options &type_up_to(std::uint64_t type) noexcept
	{
		return match(IPCMBOX_MATCH_TYPE_MAX, type);
	}
	recv_options &type_not(std::uint64_t type) noexcept
	{
		return match(IPCMBOX_MATCH_TYPE_NOT, type);
	}
	recv_options &from(pid_t pid) noexcept
	{
		return match(IPCMBOX_MATCH_SENDER,
			     static_cast<std::uint64_t>(pid));
	}
	/* Cut a message that is longer than its room, instead of making room. */
	recv_options &truncate() noexcept
	{
		raw_.flags |= IPCMBOX_TRUNCATE;
		return *this;
	}
	/* Tell of calls, too, whose callers have left. */
	recv_options &notices() noexcept
	{
		raw_.flags |= IPCMBOX_NOTICES;
		return *this;
	}
	::ipcmbox_recv_options raw(detail::limit limit = {}) const noexcept
	{
		::ipcmbox_recv_options raw = raw_;

		raw.flags |= limit.flags;
		raw.deadline = limit.until;
		return raw;
	}

    private:
	recv_options &match(::ipcmbox_match match, std::uint64_t value) noexcept
	{
		raw_.match = match;
		raw_.match_value = value;
		return *this;
	}

	::ipcmbox_recv_options raw_{};
};

/* How a call is made. */
class call_options {
    public:
	call_options &type(std::uint64_t type) noexcept
	{
		raw_.type = type;
		return *this;
	}
	call_options &priority(unsigned int priority) noexcept
	{
		raw_.priority = priority;
		return *this;
	}
	call_options &cookie(std::uint64_t cookie) noexcept
	{
		raw_.cookie = cookie;
		return *this;
	}
	call_options &fds(const int *fds, std::size_t count) noexcept
	{
		raw_.fds = fds;
		raw_.nr_fds = count;
		return *this;
	}
	/* When to stop waiting for a receiver, if earlier than for the answer. */
	call_options &taken_until(deadline when) noexcept
	{
		raw_.taken_deadline = when.ns();
		return *this;
	}
	call_options &with(const ticket &ticket) noexcept
	{
		raw_.ticket = ticket.get();
		return *this;
	}
	::ipcmbox_call_options raw(detail::limit limit) const noexcept
	{
		::ipcmbox_call_options raw = raw_;

		raw.flags |= limit.flags;
		raw.deadline = limit.until;
		return raw;
	}

    private:
	::ipcmbox_call_options raw_{};
};

} /* namespace ipcmbox */

#endif /* IPCMBOX_OPTIONS_HPP */
