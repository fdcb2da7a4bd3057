/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One of several sends and receives. */
#ifndef IPCMBOX_SELECT_HPP
#define IPCMBOX_SELECT_HPP

#include "control.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace ipcmbox
{

/*
 * Does one of several sends and receives. The cases are kept, to be used again; the control, and
 * the mailboxes, data and messages that they name, must live as long. A message that is received
 * gets as much room as it needs.
 */
class selector {
    public:
	explicit selector(const control &control, bool ordered = false) noexcept
		: ctl_(control.fd()),
		  flags_(ordered ? IPCMBOX_ORDERED : 0)
	{
	}
	/* Number of the new case. */
	std::size_t send(const mailbox &box, const_buffer data,
			 const send_options &options = {})
	{
		one c;

		c.fd = box.fd();
		c.data = data;
		c.sending = options.raw();
		cases_.push_back(c);
		return cases_.size() - 1;
	}
	std::size_t recv(const mailbox &box, message &to,
			 const recv_options &options = {})
	{
		one c;

		c.fd = box.fd();
		c.to = &to;
		c.receiving = options.raw();
		cases_.push_back(c);
		return cases_.size() - 1;
	}
	/* Number of the case that was done; if it throws, failed() has that of the one that failed. */
	std::size_t select()
	{
		const int error = run({});

		if (error)
			detail::fail(error, "ipcmbox: select");
		return static_cast<std::size_t>(index_);
	}
	std::optional<std::size_t> try_select()
	{
		return selected(detail::at_once());
	}
	std::optional<std::size_t> try_select_for(deadline wait)
	{
		return selected(detail::until(wait));
	}
	std::optional<std::size_t> try_select_until(deadline when)
	{
		return selected(detail::until(when));
	}
	std::optional<std::size_t> failed() const noexcept
	{
		if (!failed_ || index_ < 0)
			return std::nullopt;
		return static_cast<std::size_t>(index_);
	}
	/* What became of the message of a case, if it is this one that was done, or failed. */
	const ipcmbox::receipt &receipt(std::size_t i) const
	{
		return cases_.at(i).receipt;
	}

    private:
	struct one {
		int fd = -1;
		const_buffer data;
		message *to = nullptr;
		::ipcmbox_send_options sending{};
		::ipcmbox_recv_options receiving{};
		ipcmbox::receipt receipt{};
	};

	::ipcmbox_select_case prepare(one &c) const noexcept
	{
		::ipcmbox_select_case raw{};

		raw.fd = c.fd;
		raw.iov = &c.data;
		raw.iovcnt = 1;
		c.receipt = {};
		if (!c.to) {
			raw.kind = IPCMBOX_CASE_SEND;
			raw.options = &c.sending;
			raw.options_size = sizeof(c.sending);
			raw.result = &c.receipt;
			raw.result_size = sizeof(c.receipt);
			return raw;
		}
		c.to->clear();
		static_cast< ::iovec &>(c.data) = c.to->iov();
		c.receiving.fds = c.to->fd_buffer();
		c.receiving.nr_fds = c.to->fd_room();
		raw.kind = IPCMBOX_CASE_RECV;
		raw.options = &c.receiving;
		raw.options_size = sizeof(c.receiving);
		raw.result = &c.to->buffer_info();
		raw.result_size = sizeof(delivery);
		return raw;
	}
	/* 0 or an errno; as in detail::receive(), room is made before anything is done. */
	int run(detail::limit limit)
	{
		const ::ipcmbox_select_options options{ flags_ | limit.flags, 0,
							limit.until };
		std::vector< ::ipcmbox_select_case> raw(cases_.size());

		for (;;) {
			::ipcmbox_selected selected{};
			int error;

			std::transform(cases_.begin(), cases_.end(),
				       raw.begin(),
				       [this](one &c) { return prepare(c); });
			error = ::ipcmbox_select(
					ctl_, raw.data(),
					static_cast<unsigned int>(raw.size()),
					&options, sizeof(options), &selected,
					sizeof(selected)) < 0 ?
					errno :
					0;
			index_ = selected.index;
			failed_ = error;
			message *to =
				index_ < 0 ?
					nullptr :
					cases_[static_cast<std::size_t>(index_)]
						.to;
			if (!error) {
				if (to)
					to->set(static_cast<std::size_t>(
						selected.len));
				return 0;
			}
			if (error != EMSGSIZE || !to ||
			    to->info().len <= to->room())
				return error;
			to->reserve(static_cast<std::size_t>(to->info().len));
		}
	}
	std::optional<std::size_t> selected(detail::limit limit)
	{
		if (!detail::done(run(limit), "ipcmbox: select"))
			return std::nullopt;
		return static_cast<std::size_t>(index_);
	}

	int ctl_;
	std::uint32_t flags_;
	std::vector<one> cases_;
	std::int32_t index_ = -1;
	bool failed_ = false;
};

} /* namespace ipcmbox */

#endif /* IPCMBOX_SELECT_HPP */
