/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mailbox, and what is done with it. */
#ifndef IPCMBOX_MAILBOX_HPP
#define IPCMBOX_MAILBOX_HPP

#include "base.hpp"
#include "buffer.hpp"
#include "message.hpp"
#include "options.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>

namespace ipcmbox
{

namespace detail
{

/*
 * Receive by f(pieces, options, delivery), and make room until the message fits; 0 or an errno.
 * Room is made while the message is in the mailbox: if there is no memory, it stays there.
 */
template <class F>
int receive(message &to, const recv_options &options, limit limit, F f)
{
	::ipcmbox_recv_options raw = options.raw(limit);

	to.clear();
	raw.fds = to.fd_buffer();
	raw.nr_fds = to.fd_room();
	for (;;) {
		const ::iovec iov = to.iov();
		const ssize_t len = f(iov, raw, to.buffer_info());
		const int error = len < 0 ? errno : 0;
		const std::uint64_t need = to.buffer_info().len;

		if (!error) {
			to.set(static_cast<std::size_t>(len));
			return 0;
		}
		if (error != EMSGSIZE || need <= to.room()) {
			to.clear();
			return error;
		}
		to.reserve(static_cast<std::size_t>(need));
	}
}

} /* namespace detail */

class region;

/* A mailbox: a descriptor, closed with its object. Moved, not copied; reopen() makes another. */
class mailbox {
    public:
	mailbox() noexcept = default;
	explicit mailbox(unique_fd fd) noexcept : fd_(std::move(fd))
	{
	}
	/* Takes over a descriptor that was inherited or received. */
	static mailbox from_fd(int fd) noexcept
	{
		return mailbox(unique_fd(fd));
	}

	static mailbox create(std::uint64_t capacity, int open_flags = O_RDWR)
	{
		return made(::ipcmbox_create(capacity, open_flags),
			    "ipcmbox: create");
	}
	static mailbox create(const attributes &attr, int open_flags = O_RDWR)
	{
		return made(::ipcmbox_create_attr(attr.get(), open_flags),
			    "ipcmbox: create");
	}
	/* With a name; opens what is there with the same attributes, unless O_EXCL is given. */
	static mailbox create(const std::string &name, const attributes &attr,
			      int open_flags = O_RDWR, mode_t mode = 0600)
	{
		return made(::ipcmbox_create_named(detail::c_name(name),
						   attr.get(), open_flags,
						   mode),
			    "ipcmbox: create");
	}
	static mailbox open(const std::string &name, int open_flags = O_RDWR)
	{
		return made(::ipcmbox_open_named(detail::c_name(name),
						 open_flags),
			    "ipcmbox: open");
	}
	/* The first receives what the second sends. */
	static std::pair<mailbox, mailbox> pair(std::uint64_t capacity)
	{
		int fds[2];

		detail::check(::ipcmbox_pair(fds, capacity), "ipcmbox: pair");
		return { from_fd(fds[0]), from_fd(fds[1]) };
	}
	/* Each receives what the other sends. */
	static std::pair<mailbox, mailbox> duplex(std::uint64_t capacity)
	{
		int fds[2];

		detail::check(::ipcmbox_duplex(fds, capacity),
			      "ipcmbox: duplex");
		return { from_fd(fds[0]), from_fd(fds[1]) };
	}
	/* The inbox of this process. */
	static mailbox inbox(std::uint64_t capacity)
	{
		return made(::ipcmbox_inbox(capacity), "ipcmbox: inbox");
	}
	/* The inbox of another, to send to. */
	static mailbox open_pid(pid_t pid)
	{
		return made(::ipcmbox_open_pid(pid), "ipcmbox: open_pid");
	}
	static mailbox open_pidfd(int pidfd)
	{
		return made(::ipcmbox_open_pidfd(pidfd), "ipcmbox: open_pidfd");
	}

	int fd() const noexcept
	{
		return fd_.get();
	}
	[[nodiscard]] int release() noexcept
	{
		return fd_.release();
	}
	void close() noexcept
	{
		fd_.reset();
	}
	explicit operator bool() const noexcept
	{
		return static_cast<bool>(fd_);
	}
	/* Opens it again, with the same rights or fewer; IPCMBOX_ADMIN keeps the admin right. */
	mailbox reopen(int open_flags, unsigned int flags = 0) const
	{
		return made(::ipcmbox_reopen(fd(), flags, open_flags),
			    "ipcmbox: reopen");
	}
	mailbox subscribe(const attributes &attr, int open_flags = 0) const
	{
		return made(::ipcmbox_subscribe(fd(), attr.get(), open_flags),
			    "ipcmbox: subscribe");
	}

	/* Sending throws send_error. */
	ipcmbox::receipt send(const pieces &data,
			      const send_options &options = {}) const
	{
		ipcmbox::receipt receipt{};
		const int error = send(data, options, {}, receipt);

		if (error)
			throw send_error(error, receipt);
		return receipt;
	}
	std::optional<ipcmbox::receipt>
	try_send(const pieces &data, const send_options &options = {}) const
	{
		return sent(data, options, detail::at_once());
	}
	std::optional<ipcmbox::receipt>
	try_send_for(const pieces &data, deadline wait,
		     const send_options &options = {}) const
	{
		return sent(data, options, detail::until(wait));
	}
	std::optional<ipcmbox::receipt>
	try_send_until(const pieces &data, deadline when,
		       const send_options &options = {}) const
	{
		return sent(data, options, detail::until(when));
	}
	::ipcmbox_cancelled cancel(std::uint64_t id) const
	{
		return static_cast< ::ipcmbox_cancelled>(detail::check(
			::ipcmbox_cancel(fd(), id), "ipcmbox: cancel"));
	}

	/*
	 * Receiving makes as much room as the message needs. EMSGSIZE: it has more descriptors
	 * than there is room for. EPIPE: the end of file.
	 */
	void recv(message &to, const recv_options &options = {}) const
	{
		const int error = receive(to, options, {});

		if (error)
			detail::fail(error, "ipcmbox: receive");
	}
	message recv(const recv_options &options = {}) const
	{
		message to;

		recv(to, options);
		return to;
	}
	bool try_recv(message &to, const recv_options &options = {}) const
	{
		return received(to, options, detail::at_once());
	}
	bool try_recv_for(message &to, deadline wait,
			  const recv_options &options = {}) const
	{
		return received(to, options, detail::until(wait));
	}
	bool try_recv_until(message &to, deadline when,
			    const recv_options &options = {}) const
	{
		return received(to, options, detail::until(when));
	}
	std::optional<message> try_recv(const recv_options &options = {}) const
	{
		return received(options, detail::at_once());
	}
	std::optional<message>
	try_recv_for(deadline wait, const recv_options &options = {}) const
	{
		return received(options, detail::until(wait));
	}
	std::optional<message>
	try_recv_until(deadline when, const recv_options &options = {}) const
	{
		return received(options, detail::until(when));
	}
	/* The message that would be received, which stays. Never waits. */
	bool peek(message &to, const recv_options &options = {}) const
	{
		return detail::done(
			detail::receive(to, options, {},
					[this](const ::iovec &iov,
					       const ::ipcmbox_recv_options &raw,
					       delivery &info) {
						return ::ipcmbox_peek_with(
							fd(), &iov, 1, &raw,
							sizeof(raw), &info,
							sizeof(info));
					}),
			"ipcmbox: peek");
	}
	std::optional<message> peek(const recv_options &options = {}) const
	{
		std::optional<message> to(std::in_place);

		if (!peek(*to, options))
			to.reset();
		return to;
	}

	/*
	 * Calls throw call_error. An answer for which there is no room is refused to who gives
	 * it, so say how much there is. The forms that do not wait, or not for long, are false
	 * if nobody has received the call and nobody will; else a deadline that passed is a
	 * call_error too, as what became of the call is not known.
	 */
	void call(const pieces &data, message &answer,
		  const call_options &options = {}) const
	{
		answer_info info{};
		const int error = call(data, answer, options, {}, info);

		if (error)
			throw call_error(error, info);
	}
	message call(const pieces &data, std::size_t room,
		     const call_options &options = {}) const
	{
		message answer(room);

		call(data, answer, options);
		return answer;
	}
	/* Only if a receiver waits now; for its answer it waits as long as it takes. */
	bool try_call(const pieces &data, message &answer,
		      const call_options &options = {}) const
	{
		return called(data, answer, options, detail::at_once());
	}
	bool try_call_for(const pieces &data, message &answer, deadline wait,
			  const call_options &options = {}) const
	{
		return called(data, answer, options, detail::until(wait));
	}
	bool try_call_until(const pieces &data, message &answer, deadline when,
			    const call_options &options = {}) const
	{
		return called(data, answer, options, detail::until(when));
	}

	/* True if the caller has the answer, false if nobody waits for it. Never waits. */
	bool reply(response &response) const
	{
		if (!::ipcmbox_reply(fd(), &response.raw(),
				     sizeof(response.raw())))
			return true;
		if (errno == ESTALE)
			return false;
		detail::fail(errno, "ipcmbox: reply");
	}
	bool reply(const message &call, const_buffer data) const
	{
		ipcmbox::response response(call, data);

		return reply(response);
	}
	/*
	 * Gives the answer, unless that was done, and receives the next message: where it throws,
	 * calling it again with the same response is right. The response's outcome says what
	 * became of it; nobody waits any more is no error. The answer may lie in next.
	 */
	void reply_recv(response &response, message &next,
			const recv_options &options = {}) const
	{
		const int error = reply_receive(response, next, options, {});

		if (error)
			detail::fail(error, "ipcmbox: reply_recv");
	}
	bool try_reply_recv(response &response, message &next,
			    const recv_options &options = {}) const
	{
		return detail::done(reply_receive(response, next, options,
						  detail::at_once()),
				    "ipcmbox: reply_recv");
	}
	bool try_reply_recv_for(response &response, message &next,
				deadline wait,
				const recv_options &options = {}) const
	{
		return try_reply_recv_until(response, next, wait, options);
	}
	bool try_reply_recv_until(response &response, message &next,
				  deadline when,
				  const recv_options &options = {}) const
	{
		return detail::done(reply_receive(response, next, options,
						  detail::until(when)),
				    "ipcmbox: reply_recv");
	}

	/*
	 * Sends what a range has, one message each; how many were sent, the first ones, which are
	 * fewer where an error or the deadline came between. Throws, or is 0, only if none was.
	 */
	template <class Range>
	std::size_t send_batch(const Range &range,
			       const send_options &options = {}) const
	{
		return send_batch(range, options, {});
	}
	template <class Range>
	std::size_t try_send_batch(const Range &range,
				   const send_options &options = {}) const
	{
		return send_batch(range, options, detail::at_once());
	}
	template <class Range>
	std::size_t try_send_batch_for(const Range &range, deadline wait,
				       const send_options &options = {}) const
	{
		return send_batch(range, options, detail::until(wait));
	}
	template <class Range>
	std::size_t try_send_batch_until(const Range &range, deadline when,
					 const send_options &options = {}) const
	{
		return send_batch(range, options, detail::until(when));
	}
	/*
	 * Receives a message, and as many more as there are and have room; how many, the first
	 * ones. Waits for the first only, and makes room for that only.
	 */
	std::size_t recv_batch(std::vector<message> &to,
			       const recv_options &options = {}) const
	{
		return recv_batch(to, options, {});
	}
	std::size_t try_recv_batch(std::vector<message> &to,
				   const recv_options &options = {}) const
	{
		return recv_batch(to, options, detail::at_once());
	}
	std::size_t try_recv_batch_for(std::vector<message> &to, deadline wait,
				       const recv_options &options = {}) const
	{
		return recv_batch(to, options, detail::until(wait));
	}
	std::size_t try_recv_batch_until(std::vector<message> &to,
					 deadline when,
					 const recv_options &options = {}) const
	{
		return recv_batch(to, options, detail::until(when));
	}

	/* IPCMBOX_EVENT_*, counted by an eventfd from now on; -1 and 0 end that. */
	void notify(int eventfd, unsigned int events,
		    unsigned int flags = 0) const
	{
		detail::check(::ipcmbox_notify(fd(), eventfd, events, flags),
			      "ipcmbox: notify");
	}
	ipcmbox::info info(unsigned int flags = 0) const
	{
		ipcmbox::info info{};

		detail::check(::ipcmbox_info(fd(), flags, &info, sizeof(info)),
			      "ipcmbox: info");
		return info;
	}
	void set_capacity(std::uint64_t messages) const
	{
		detail::check(::ipcmbox_set_capacity(fd(), messages),
			      "ipcmbox: set_capacity");
	}
	void set_max_bytes(std::uint64_t bytes) const
	{
		detail::check(::ipcmbox_set_max_bytes(fd(), bytes),
			      "ipcmbox: set_max_bytes");
	}
	void set_max_message(std::uint64_t bytes) const
	{
		detail::check(::ipcmbox_set_max_message(fd(), bytes),
			      "ipcmbox: set_max_message");
	}
	struct drained {
		std::uint64_t messages;
		std::uint64_t bytes;
	};
	drained drain() const
	{
		drained lost{};

		detail::check(::ipcmbox_drain(fd(), &lost.messages,
					      &lost.bytes),
			      "ipcmbox: drain");
		return lost;
	}
	void destroy() const
	{
		detail::check(::ipcmbox_destroy(fd()), "ipcmbox: destroy");
	}
	inline region map() const;

    private:
	friend class control;

	static mailbox made(int fd, const char *what)
	{
		if (fd < 0) {
			const int error = errno;

			detail::fail(error, what);
		}
		return from_fd(fd);
	}

	int send(const pieces &data, const send_options &options,
		 detail::limit limit, ipcmbox::receipt &receipt) const
	{
		const ::ipcmbox_send_options raw = options.raw(limit);

		return ::ipcmbox_send_with(fd(), data.iov(), data.count(), &raw,
					   sizeof(raw), &receipt,
					   sizeof(receipt)) ?
			       errno :
			       0;
	}
	std::optional<ipcmbox::receipt> sent(const pieces &data,
					     const send_options &options,
					     detail::limit limit) const
	{
		ipcmbox::receipt receipt{};
		const int error = send(data, options, limit, receipt);

		if (detail::too_late(error))
			return std::nullopt;
		if (error)
			throw send_error(error, receipt);
		return receipt;
	}

	int receive(message &to, const recv_options &options,
		    detail::limit limit) const
	{
		return detail::receive(to, options, limit,
				       [this](const ::iovec &iov,
					      const ::ipcmbox_recv_options &raw,
					      delivery &info) {
					       return ::ipcmbox_recv_with(
						       fd(), &iov, 1, &raw,
						       sizeof(raw), &info,
						       sizeof(info));
				       });
	}
	bool received(message &to, const recv_options &options,
		      detail::limit limit) const
	{
		return detail::done(receive(to, options, limit),
				    "ipcmbox: receive");
	}
	std::optional<message> received(const recv_options &options,
					detail::limit limit) const
	{
		std::optional<message> to(std::in_place);

		if (!received(*to, options, limit))
			to.reset();
		return to;
	}

	int call(const pieces &data, message &answer,
		 const call_options &options, detail::limit limit,
		 answer_info &info) const
	{
		::ipcmbox_call_options raw = options.raw(limit);
		const ::iovec room = answer.iov();
		ssize_t len;

		answer.clear();
		raw.answer_fds = answer.fd_buffer();
		raw.nr_answer_fds = answer.fd_room();
		len = ::ipcmbox_call(fd(), data.iov(), data.count(), &room, 1,
				     &raw, sizeof(raw), &info, sizeof(info));
		if (len < 0)
			return errno;
		answer.buffer_info().id = info.id;
		answer.buffer_info().len = info.len;
		answer.buffer_info().cookie = info.cookie;
		answer.buffer_info().nr_fds = info.nr_fds;
		answer.set(static_cast<std::size_t>(len));
		return 0;
	}
	bool called(const pieces &data, message &answer,
		    const call_options &options, detail::limit limit) const
	{
		answer_info info{};
		const int error = call(data, answer, options, limit, info);

		if (detail::too_late(error) &&
		    (info.disposition == IPCMBOX_NOT_SENT ||
		     info.disposition == IPCMBOX_WITHDRAWN))
			return false;
		if (error)
			throw call_error(error, info);
		return true;
	}

	int reply_receive(response &response, message &next,
			  const recv_options &options,
			  detail::limit limit) const
	{
		return detail::receive(
			next, options, limit,
			[&](const ::iovec &iov,
			    const ::ipcmbox_recv_options &raw, delivery &info) {
				const bool given = response.outcome() !=
						   IPCMBOX_UNANSWERED;

				return ::ipcmbox_reply_recv(
					fd(), given ? nullptr : &response.raw(),
					given ? 0 : sizeof(response.raw()),
					&iov, 1, &raw, sizeof(raw), &info,
					sizeof(info));
			});
	}

	static ::ipcmbox_batch_options
	batch_options(detail::limit limit) noexcept
	{
		return { limit.flags, 0, limit.until };
	}
	template <class Range>
	std::size_t send_batch(const Range &range, const send_options &options,
			       detail::limit limit) const
	{
		const ::ipcmbox_batch_options how = batch_options(limit);
		const ::ipcmbox_send_options each = options.raw();
		std::vector<const_buffer> data(std::begin(range),
					       std::end(range));
		std::vector< ::ipcmbox_batch_message> batch(data.size());
		int sent;

		for (std::size_t i = 0; i < data.size(); i++) {
			batch[i].iov = &data[i];
			batch[i].iovcnt = 1;
			batch[i].options = &each;
			batch[i].options_size = sizeof(each);
		}
		sent = ::ipcmbox_send_batch(
			fd(), batch.data(),
			static_cast<unsigned int>(batch.size()), &how,
			sizeof(how));
		return batch_done(sent, limit, "ipcmbox: send_batch");
	}
	std::size_t recv_batch(std::vector<message> &to,
			       const recv_options &options,
			       detail::limit limit) const
	{
		const ::ipcmbox_batch_options how = batch_options(limit);
		std::vector< ::ipcmbox_recv_options> each(to.size(),
							  options.raw());
		std::vector< ::ipcmbox_batch_message> batch(to.size());
		std::vector< ::iovec> iov(to.size());
		int count;

		do {
			for (std::size_t i = 0; i < to.size(); i++) {
				to[i].clear();
				iov[i] = to[i].iov();
				each[i].fds = to[i].fd_buffer();
				each[i].nr_fds = to[i].fd_room();
				batch[i].iov = &iov[i];
				batch[i].iovcnt = 1;
				batch[i].options = &each[i];
				batch[i].options_size = sizeof(each[i]);
				batch[i].result = &to[i].buffer_info();
				batch[i].result_size = sizeof(delivery);
			}
			count = ::ipcmbox_recv_batch(
				fd(), batch.data(),
				static_cast<unsigned int>(batch.size()), &how,
				sizeof(how));
		} while (count < 0 && errno == EMSGSIZE && grown(to.front()));
		for (std::size_t i = 0; i < to.size(); i++) {
			if (count > 0 && i < static_cast<std::size_t>(count))
				to[i].set(std::min<std::size_t>(
					to[i].info().len, to[i].room()));
			else
				to[i].clear();
		}
		return batch_done(count, limit, "ipcmbox: recv_batch");
	}
	static bool grown(message &to)
	{
		const std::uint64_t need = to.info().len;

		if (need <= to.room())
			return false;
		to.reserve(static_cast<std::size_t>(need));
		return true;
	}
	static std::size_t batch_done(int count, detail::limit limit,
				      const char *what)
	{
		const int error = count < 0 ? errno : 0;
		const bool may_be_late = limit.flags || limit.until;

		if (error && !(may_be_late && detail::too_late(error)))
			detail::fail(error, what);
		return error ? 0 : static_cast<std::size_t>(count);
	}

	unique_fd fd_;
};

} /* namespace ipcmbox */

#endif /* IPCMBOX_MAILBOX_HPP */
