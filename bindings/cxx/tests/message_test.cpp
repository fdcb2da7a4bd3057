// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages, descriptors, calls, batches and selections by <ipcmbox.hpp>.
 */
#include <array>
#include <atomic>
#include <string>
#include <thread>

#include <signal.h>
#include <sys/resource.h>

#include "harness.hpp"
#include "ipcmbox.hpp"

using namespace std::chrono_literals;
using ipcmbox::mailbox;
using ipcmbox::message;
using test::error_of;

/* What is sent is the data itself. */
template <class... T>
constexpr bool all_are_data =
	(std::is_constructible_v<ipcmbox::const_buffer, const T &> && ...) &&
	(std::is_constructible_v<ipcmbox::pieces, const T &> && ...);
template <class... T>
constexpr bool any_is_data =
	(std::is_constructible_v<ipcmbox::const_buffer, const T &> || ...) ||
	(std::is_constructible_v<ipcmbox::pieces, const T &> || ...);

struct point {
	int x, y;
};

static_assert(all_are_data<char[6], const char *, std::string, std::string_view,
			   std::vector<int>, std::array<std::byte, 3>, point[2],
			   std::vector<point>, int[3][4], char[2][8],
			   std::array<std::array<int, 4>, 3>,
			   std::vector<std::array<point, 2> > >);
/* What says where that is. */
static_assert(!any_is_data<
	      int, int *, point, const char *[2], std::vector<const char *>,
	      std::array<void *, 2>, std::vector<point *>, char *[2][2],
	      std::array<std::array<int *, 2>, 2>, std::vector<int point::*>,
	      std::vector<std::string_view>, std::array<std::string_view, 2>,
	      std::vector<std::string>, std::vector<std::vector<int> >,
	      ::iovec[2], std::vector< ::iovec>, ipcmbox::const_buffer[2],
	      std::array<ipcmbox::const_buffer, 2> >);
/* These are several pieces. */
static_assert(std::is_constructible_v<ipcmbox::pieces,
				      std::vector<ipcmbox::const_buffer> > &&
	      !std::is_constructible_v<ipcmbox::const_buffer,
				       std::vector<ipcmbox::const_buffer> >);

static ipcmbox::attributes selective(std::uint64_t capacity)
{
	ipcmbox::attributes attr;

	attr.capacity(capacity).selective();
	return attr;
}

/* How many descriptors this process has open. */
static int open_fds()
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

TEST(owns_its_descriptor)
{
	const int before = open_fds();
	{
		mailbox a = mailbox::create(1);
		mailbox b = std::move(a);

		CHECK(!a && a.fd() == -1);
		CHECK(b);
		a = std::move(b);
		CHECK(a && !b);

		const int fd = a.release();

		CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
		b = mailbox::from_fd(fd);
		b = mailbox::create(1);
		CHECK(fcntl(fd, F_GETFD) == -1 || b.fd() == fd);
	}
	CHECK(open_fds() == before);
}

TEST(sends_what_is_data)
{
	const mailbox box = mailbox::create(8);
	const std::string text = "string";
	const std::vector<int> numbers{ 1, 2, 3 };
	const std::array<std::byte, 3> bytes{};
	message m;

	box.send("literal");
	box.send(text);
	box.send(std::string_view(text).substr(0, 3));
	box.send(numbers);
	box.send(bytes);
	box.send({ "a", text, ipcmbox::const_buffer("bcd", 2) });
	box.send("");
	box.recv(m);
	CHECK(m.text() == "literal");
	box.recv(m);
	CHECK(m.text() == "string");
	box.recv(m);
	CHECK(m.text() == "str");
	box.recv(m);
	CHECK(m.size() == sizeof(int) * 3);
	box.recv(m);
	CHECK(m.size() == 3);
	box.recv(m);
	CHECK(m.text() == "astringbc");
	box.recv(m);
	CHECK(m.size() == 0 && m.info().id);
}

TEST(tells_of_message_and_sender)
{
	const mailbox box = mailbox::create(selective(4));
	const auto receipt = box.send(
		"x", ipcmbox::send_options{}.type(7).cookie(8).priority(9));
	message m;

	CHECK(receipt.disposition == IPCMBOX_QUEUED && receipt.id);
	box.send("y", ipcmbox::send_options{}.type(3));
	CHECK(box.peek(m) && m.text() == "x");
	box.recv(m, ipcmbox::recv_options{}.type(3));
	CHECK(m.text() == "y");
	CHECK(!box.try_recv(m, ipcmbox::recv_options{}.type_not(7)));
	CHECK(!box.try_recv(m, ipcmbox::recv_options{}.type_up_to(6)));
	CHECK(box.try_recv(m, ipcmbox::recv_options{}.from(getpid())));
	CHECK(m.info().id == receipt.id && m.info().type == 7 &&
	      m.info().cookie == 8 && m.info().priority == 9 &&
	      m.info().pid == getpid() && !m.is_call() && !m.is_notice());
}

TEST(makes_room_and_keeps_the_message_without)
{
	const mailbox box = mailbox::create(4);
	const std::string large(100000, 'x');
	message m(16);

	box.send(large);
	CHECK(box.peek(m) && m.size() == large.size());
	CHECK(box.recv().text() == large);

	/* A message for which there is no memory stays. */
	box.send(std::string(900000, 'y'));

	const rlimit none{ 0, RLIM_INFINITY };
	const rlimit all{ RLIM_INFINITY, RLIM_INFINITY };
	message small(16);
	bool thrown = false;

	CHECK(!setrlimit(RLIMIT_AS, &none));
	try {
		box.recv(small);
	} catch (const std::bad_alloc &) {
		thrown = true;
	}
	CHECK(!setrlimit(RLIMIT_AS, &all));
	CHECK(thrown);
	CHECK(box.info().queued == 1);
	box.recv(small);
	CHECK(small.size() == 900000 && small.text().front() == 'y');

	box.send("abcdef");
	message cut(3);
	box.recv(cut, ipcmbox::recv_options{}.truncate());
	CHECK(cut.text() == "abc" && cut.is_truncated() && cut.info().len == 6);
}

TEST(tells_by_result_what_did_not_come)
{
	const mailbox box = mailbox::create(1);
	const auto start = std::chrono::steady_clock::now();
	message m;

	CHECK(!box.try_recv());
	CHECK(!box.try_recv_for(20ms));
	CHECK(std::chrono::steady_clock::now() - start >= 20ms);
	CHECK(!box.try_recv_until(start));
	CHECK(!box.try_recv_for(m, -1s));
	CHECK(!box.peek());
	CHECK(box.try_send("1"));
	CHECK(!box.try_send("2"));
	CHECK(!box.try_send_for("2", 10ms));
	CHECK(!box.try_send_until("2", start));
	CHECK(box.try_recv_for(std::chrono::hours::max())->text() == "1");

	const mailbox both = box.reopen(O_RDONLY);
	CHECK(error_of([&] { both.send("x"); }) == EBADF);
	CHECK(error_of([&] { box.reopen(O_RDWR).destroy(); }) == EBADF);
	box.destroy();
	CHECK(error_of([&] { box.recv(); }) == EIDRM);
	CHECK(error_of([&] { box.try_recv(m); }) == EIDRM);
	CHECK(error_of([&] { box.try_send("x"); }) == EIDRM);
	CHECK(error_of([&] { box.peek(m); }) == EIDRM);
	CHECK(error_of([&] { mailbox().info(); }) == EBADF);
}

TEST(a_failed_send_says_what_became_of_it)
{
	auto ends = mailbox::pair(4);
	mailbox &in = ends.first, &out = ends.second;

	CHECK(error_of([&] { in.send("x"); }) == EBADF);
	in.close();
	try {
		out.send("x");
		CHECK(false);
	} catch (const ipcmbox::send_error &e) {
		CHECK(e.code() == std::errc::broken_pipe);
		CHECK(e.receipt().disposition == IPCMBOX_NOT_SENT &&
		      !e.receipt().id);
	}
	auto [a, b] = mailbox::duplex(1);
	a.send("to b");
	b.send("to a");
	CHECK(a.recv().text() == "to a" && b.recv().text() == "to b");
	CHECK(error_of([] { mailbox::create(IPCMBOX_CAPACITY_MAX + 1); }) ==
	      EINVAL);
}

TEST(a_ticket_cancels_who_waits)
{
	const mailbox box = mailbox::create(0);
	const ipcmbox::ticket ticket;
	int error = 0;
	std::uint32_t disposition = IPCMBOX_TAKEN;
	std::thread sender([&] {
		try {
			box.send("x", ipcmbox::send_options{}.with(ticket));
		} catch (const ipcmbox::send_error &e) {
			error = e.code().value();
			disposition = e.receipt().disposition;
		}
	});

	while (!ticket.id())
		std::this_thread::sleep_for(1ms);
	CHECK(box.cancel(ticket.id()) == IPCMBOX_CANCEL_DONE);
	sender.join();
	CHECK(error == ECANCELED && disposition == IPCMBOX_WITHDRAWN);
	CHECK(!box.try_recv());
}

static void nothing(int)
{
}

TEST(a_signal_is_an_exception)
{
	const mailbox box = mailbox::create(1);
	struct sigaction action {};

	action.sa_handler = nothing;
	CHECK(!sigaction(SIGUSR1, &action, nullptr));
	const pthread_t self = pthread_self();
	std::atomic<bool> over = false;
	std::thread signals([&] {
		while (!over) {
			pthread_kill(self, SIGUSR1);
			std::this_thread::sleep_for(5ms);
		}
	});
	const int error = error_of([&] { box.recv(); });

	over = true;
	signals.join();
	CHECK(error == EINTR);
}

TEST(descriptors_are_owned)
{
	const mailbox box = mailbox::create(4);
	const int before = open_fds();
	int ends[2];

	CHECK(!pipe(ends));
	box.send("two", ipcmbox::send_options{}.fds(ends, 2));
	box.send("two", ipcmbox::send_options{}.fds(ends, 2));
	box.send("two", ipcmbox::send_options{}.fds(ends, 2));
	box.send("none");
	close(ends[0]);
	close(ends[1]);
	CHECK(open_fds() == before);
	{
		message m(16, 2);
		char c = 0;

		box.recv(m);
		CHECK(m.fds() == 2 && open_fds() == before + 2);
		const ipcmbox::unique_fd in = m.take_fd(0);
		const ipcmbox::unique_fd out = m.take_fd(1);

		CHECK(in && out && !m.take_fd(0));
		CHECK(write(out.get(), "x", 1) == 1);
		CHECK(read(in.get(), &c, 1) == 1 && c == 'x');

		/* Room for one only: the message stays. */
		message one(16, 1);
		CHECK(error_of([&] { box.recv(one); }) == EMSGSIZE);
		box.recv(m);
		CHECK(m.fds() == 2 && open_fds() == before + 4);
		message moved = std::move(m);
		CHECK(moved.fds() == 2 && m.fds() == 0);
		box.recv(moved);
		CHECK(open_fds() == before + 4);
	}
	CHECK(open_fds() == before);
	message none;
	CHECK(box.try_recv(none) && none.fds() == 0);
	CHECK(open_fds() == before);
}

TEST(calls_are_answered)
{
	const mailbox box = mailbox::create(4);
	std::thread server([&] {
		message m(4);
		box.recv(m);
		CHECK(m.is_call() && m.text() == "question");
		ipcmbox::response echo(m, m.text());

		echo.cookie(5);
		box.reply_recv(echo, m);
		CHECK(echo.outcome() == IPCMBOX_ANSWERED);
		CHECK(m.text() == "second");

		/* Too long an answer is refused, and the call remains. */
		const std::uint64_t token = m.token();
		ipcmbox::response large(m, "a long answer");
		CHECK(error_of([&] { box.reply(large); }) == EMSGSIZE);
		CHECK(large.outcome() == IPCMBOX_UNANSWERED &&
		      large.room() == 4);
		CHECK(error_of([&] { box.try_reply_recv(large, m); }) ==
		      EMSGSIZE);
		CHECK(large.outcome() == IPCMBOX_UNANSWERED);
		ipcmbox::response right(token, "okay");
		CHECK(box.reply(right));
		CHECK(!box.reply(right));
		CHECK(right.outcome() == IPCMBOX_STALE);
		/* What was answered is not answered again. */
		CHECK(!box.try_reply_recv(right, m));
	});
	message answer = box.call("question", 64);

	CHECK(answer.text() == "question" && answer.info().cookie == 5);
	CHECK(box.call("second", 4).text() == "okay");
	server.join();

	message m(8);
	CHECK(!box.try_call("nobody", m));
	CHECK(!box.try_call_for("nobody", m, 10ms));
	CHECK(!box.try_call("nobody", m,
			    ipcmbox::call_options{}.taken_until(10ms)));
	/* A deadline after it was taken is no "not sent". */
	std::thread taker([&] { box.recv(); });
	try {
		box.try_call_for("taken", m, 100ms);
		CHECK(false);
	} catch (const ipcmbox::call_error &e) {
		CHECK(e.code() == std::errc::timed_out);
		CHECK(e.answer().disposition == IPCMBOX_TAKEN);
	}
	taker.join();
	/* A receiver that dies with it. */
	test::child dies([&] { box.recv(); });
	CHECK(error_of([&] { box.call("dies", 8); }) == EOWNERDEAD);
	CHECK(dies.ends_well());
}

TEST(a_caller_that_left_is_noticed)
{
	const mailbox box = mailbox::create(4);
	message m, notice;
	std::thread caller([&] {
		message answer;
		try {
			box.try_call_for("late", answer, 50ms);
		} catch (const ipcmbox::call_error &e) {
			CHECK(e.answer().disposition == IPCMBOX_TAKEN);
		}
	});

	box.recv(m);
	caller.join();
	CHECK(box.try_recv(notice, ipcmbox::recv_options{}.notices()));
	CHECK(notice.is_notice() && !notice.is_call() &&
	      notice.token() == m.token());
	CHECK(!box.reply(m, "too late"));
}

TEST(batches)
{
	const mailbox box = mailbox::create(3);
	const std::vector<std::string> words{ "one", "two", "three", "four" };
	std::vector<message> in;

	CHECK(box.try_send_batch(words) == 3);
	CHECK(box.try_send_batch(words) == 0);
	CHECK(box.try_send_batch_for(words, 5ms) == 0);
	in.emplace_back(0);
	in.emplace_back(3);
	in.emplace_back(3);
	in.emplace_back(3);
	/* The first gets room; the third has too little, and stays. */
	CHECK(box.recv_batch(in) == 2);
	CHECK(in[0].text() == "one" && in[1].text() == "two");
	CHECK(in[2].size() == 0);
	CHECK(box.recv_batch(in) == 1 && in[0].text() == "three");
	CHECK(box.try_recv_batch(in) == 0);
	CHECK(box.try_recv_batch_for(in, 5ms) == 0);
	CHECK(box.send_batch(std::vector<const char *>{ "a", "b" }) == 2);
	CHECK(box.drain().messages == 2);
	box.destroy();
	CHECK(error_of([&] { box.try_send_batch(words); }) == EIDRM);
	CHECK(error_of([&] { box.try_recv_batch(in); }) == EIDRM);
}

TEST(selects_one)
{
	const ipcmbox::control ctl;
	const mailbox a = mailbox::create(1), b = mailbox::create(1);
	message from_a(2), from_b(2);
	ipcmbox::selector any(ctl, true);

	CHECK(any.recv(a, from_a) == 0);
	CHECK(any.recv(b, from_b) == 1);
	CHECK(!any.try_select() && !any.failed());
	CHECK(!any.try_select_for(10ms));
	b.send("longer than its room");
	CHECK(any.select() == 1 && from_b.text() == "longer than its room");
	a.send("a");
	b.send("b");
	CHECK(any.select() == 0 && from_a.text() == "a");
	CHECK(*any.try_select() == 1 && from_b.text() == "b");

	ipcmbox::selector send(ctl);
	send.send(a, "x", ipcmbox::send_options{}.cookie(3));
	CHECK(send.select() == 0 &&
	      send.receipt(0).disposition == IPCMBOX_QUEUED);
	CHECK(!send.try_select());
	CHECK(a.recv().info().cookie == 3);
	b.destroy();
	CHECK(error_of([&] { any.try_select(); }) == EIDRM &&
	      any.failed() == 1);
}

int main()
{
	return test::run_all(30);
}
