// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bank of one account: a server that answers calls, in a process of its own, and an account
 * in shared memory, whose mutex survives a clerk that dies in the middle of a booking.
 */
#include <iostream>
#include <mutex>

#include <ipcmbox.hpp>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

struct account {
	ipcmbox::mutex mutex;
	long balance = 0;
	long booked =
		0; /* the sum of all bookings: equal to the balance but in between */
};

static void book(account &a, long amount)
{
	std::unique_lock<ipcmbox::mutex> lock(a.mutex, std::defer_lock);

	try {
		lock.lock();
	} catch (const ipcmbox::owner_died &died) {
		std::cout << "a clerk has died with the lock: undone\n";
		a.balance = a.booked;
		lock = died.recover();
	}
	a.balance += amount;
	if (amount < 0)
		_exit(1); /* the clerk has a heart attack */
	a.booked += amount;
}

static void serve(const ipcmbox::mailbox &box, account &a)
{
	ipcmbox::message order;

	box.recv(order);
	while (order.text() != "close") {
		std::string text;

		book(a, static_cast<long>(order.info().type));
		text = "balance " + std::to_string(a.balance);
		ipcmbox::response answer(order, text);
		box.reply_recv(answer, order);
	}
}

/* Runs f in a child; whether it ended well is told by wait(). */
template <class F> static pid_t start(F f)
{
	const pid_t pid = fork();

	if (pid < 0)
		throw std::system_error(errno, std::generic_category(), "fork");
	if (pid == 0) {
		f();
		_exit(0);
	}
	return pid;
}

static bool ended_well(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && status == 0;
}

int main()
try {
	ipcmbox::attributes attr;
	const ipcmbox::mailbox box = ipcmbox::mailbox::create(
		attr.capacity(8).region_size(sizeof(account)));
	const ipcmbox::region region = box.map();
	account &a = region.construct<account>(0);

	if (ended_well(start([&] { book(a, -1000); })))
		throw std::logic_error("that clerk should have died");

	const pid_t server = start([&] { serve(box, a); });

	for (std::uint64_t amount : { 5, 10, 20 }) {
		const ipcmbox::message answer = box.call(
			"deposit", 64, ipcmbox::call_options{}.type(amount));

		std::cout << "deposit of " << amount << ": " << answer.text()
			  << '\n';
	}
	if (!box.try_send_for("close", 1s))
		throw std::runtime_error("the server does not listen");
	if (!ended_well(server) || a.balance != 35)
		throw std::runtime_error("the books are wrong");
	std::cout << "the books are right\n";
	return 0;
} catch (const std::exception &e) {
	std::cerr << "ledger: " << e.what() << '\n';
	return 1;
}
