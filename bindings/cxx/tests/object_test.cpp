// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names, broadcasts, inboxes, events and regions by <ipcmbox.hpp>.
 */
#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "harness.hpp"
#include "ipcmbox.hpp"

using namespace std::chrono_literals;
using ipcmbox::attributes;
using ipcmbox::mailbox;
using ipcmbox::message;
using test::error_of;

TEST(attributes_are_those_of_the_mailbox)
{
	attributes attr;

	attr.capacity(5)
		.max_bytes(4096)
		.max_message(100)
		.order(IPCMBOX_PRIORITY)
		.policy(IPCMBOX_RECENT)
		.selective()
		.fair_share()
		.owned()
		.hangup(false)
		.region_size(1);
	const mailbox box = mailbox::create(attr);
	const ipcmbox::info info = box.info();

	CHECK(info.capacity == 5 && info.max_bytes == 4096);
	CHECK(info.max_message == 100 && info.region_size == 4096);
	CHECK(info.order == IPCMBOX_PRIORITY && info.policy == IPCMBOX_RECENT);
	CHECK(info.attributes ==
	      (IPCMBOX_SELECTIVE | IPCMBOX_FAIR_SHARE | IPCMBOX_OWNED |
	       IPCMBOX_NO_HANGUP | IPCMBOX_ADMIN));
	box.set_capacity(6);
	box.set_max_bytes(8192);
	box.set_max_message(200);
	CHECK(box.info().capacity == 6 && box.info().max_bytes == 8192 &&
	      box.info().max_message == 200);
	CHECK(error_of([&] { box.set_capacity(0); }) == EINVAL);
	CHECK(error_of([&] { box.send(std::string(201, 'x')); }) == EMSGSIZE);
	box.send("12345");
	const mailbox::drained lost = box.drain();
	CHECK(lost.messages == 1 && lost.bytes == 5);
}

TEST(names)
{
	const ipcmbox::control ctl;
	const std::string name = "cxx-test-" + std::to_string(getpid());
	attributes attr, other;

	CHECK(ctl.version().version == IPCMBOX_ABI_VERSION);
	CHECK(ctl.version().features & IPCMBOX_FEATURE_NAME);
	CHECK(error_of([] { ipcmbox::control("/nowhere"); }) == ENOENT);
	attr.capacity(2);
	other.capacity(3);
	const mailbox box = mailbox::create(name, attr, O_RDWR | O_EXCL, 0640);
	CHECK(error_of([&] { mailbox::create(name, attr, O_RDWR | O_EXCL); }) ==
	      EEXIST);
	CHECK(error_of([&] { ctl.create(name, other); }) == EEXIST);
	mailbox::open(name, O_WRONLY).send("by name");
	CHECK(ctl.open(name, O_RDONLY).recv().text() == "by name");
	CHECK(ctl.open(name, O_RDWR, IPCMBOX_ADMIN).info().attributes &
	      IPCMBOX_ADMIN);

	bool listed = false;
	for (const ipcmbox::entry &e : ipcmbox::list())
		listed |= e.name == name && (e.mode & 0777) == 0640;
	CHECK(listed);
	ipcmbox::unlink(name);
	CHECK(error_of([&] { ctl.unlink(name); }) == ENOENT);
	CHECK(error_of([&] { mailbox::open(name); }) == ENOENT);

	/* A name that has a 0 in it is not that before the 0. */
	const mailbox shorter = mailbox::create(name, attr);
	const std::string longer = name + std::string("\0x", 2);
	CHECK(error_of([&] { mailbox::create(longer, attr); }) == EINVAL);
	CHECK(error_of([&] { mailbox::open(longer); }) == EINVAL);
	CHECK(error_of([&] { ctl.create(longer, attr); }) == EINVAL);
	CHECK(error_of([&] { ctl.open(longer); }) == EINVAL);
	CHECK(error_of([&] { ctl.unlink(longer); }) == EINVAL);
	CHECK(error_of([&] { ipcmbox::unlink(longer); }) == EINVAL);
	CHECK(error_of([] {
		      ipcmbox::control(std::string("/dev/ipcmbox\0x", 14));
	      }) == EINVAL);
	shorter.destroy();

	/* More than one call of LIST tells. */
	std::vector<mailbox> many;
	for (int i = 0; i < 150; i++)
		many.push_back(
			ctl.create(name + "-" + std::to_string(i), attr));
	std::size_t found = 0;
	for (const ipcmbox::entry &e : ctl.list())
		found += std::string_view(e.name).rfind(name + "-", 0) == 0;
	CHECK(found == many.size());
	for (const mailbox &m : many)
		m.destroy();
}

TEST(broadcast)
{
	const ipcmbox::control ctl;
	attributes all, blocks, drops;

	all.broadcast().slow_mask(1U << IPCMBOX_SLOW_DROP_OLDEST);
	blocks.capacity(1).slow(IPCMBOX_SLOW_BLOCK);
	drops.capacity(1).slow(IPCMBOX_SLOW_DROP_OLDEST);
	const mailbox box = ctl.create(all);
	CHECK(error_of([&] { box.subscribe(blocks); }) == EACCES);
	CHECK(box.send("nobody").reached == 0);
	const mailbox a = box.subscribe(drops), b = box.subscribe(drops);
	CHECK(box.send("1").reached == 2);
	CHECK(a.recv().text() == "1");
	box.send("2");
	CHECK(!box.try_send("all", ipcmbox::send_options{}.to_all()));
	message m;
	b.recv(m);
	CHECK(m.text() == "2" && m.info().lag == 1);
}

TEST(inbox)
{
	const mailbox box = mailbox::inbox(4);
	const pid_t parent = getpid();

	CHECK(error_of([] { mailbox::inbox(4); }) == EBUSY);
	test::child by_pid([&] { mailbox::open_pid(parent).send("by pid"); });
	message m;
	box.recv(m, ipcmbox::recv_options{}.from(by_pid.pid()));
	CHECK(m.text() == "by pid" && m.info().pid == by_pid.pid());
	CHECK(by_pid.ends_well());

	const ipcmbox::unique_fd self(
		static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
	mailbox::open_pidfd(self.get()).send("by pidfd");
	CHECK(box.recv().text() == "by pidfd");
	const ipcmbox::control ctl;
	ctl.open_pid(getpid()).send("1");
	ctl.open_pidfd(self.get()).send("2");
	CHECK(box.info().queued == 2);
	test::child none([] {
		const ipcmbox::control own;
		attributes attr;

		CHECK(error_of([] { mailbox::open_pid(getpid()); }) == ENOENT);
		attr.capacity(1);
		own.inbox(attr, IPCMBOX_ACCESS_ANYONE);
		CHECK(error_of([&] {
			      own.inbox(attr, IPCMBOX_ACCESS_GROUP, 77777);
		      }) == EPERM);
	});
	CHECK(none.ends_well());
}

TEST(events)
{
	const mailbox box = mailbox::create(1);
	const ipcmbox::unique_fd events(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	eventfd_t count;

	box.notify(events.get(), IPCMBOX_EVENT_MESSAGE, IPCMBOX_ONESHOT);
	box.send("1");
	CHECK(!eventfd_read(events.get(), &count) && count == 1);
	box.recv();
	box.send("2");
	CHECK(eventfd_read(events.get(), &count) == -1 && errno == EAGAIN);
	box.notify(-1, 0);
	CHECK(error_of([&] { box.notify(box.fd(), IPCMBOX_EVENT_ROOM); }) ==
	      EINVAL);
	pollfd p{ box.fd(), POLLIN | POLLOUT, 0 };
	CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLIN);
}

TEST(pairs_with_attributes)
{
	const ipcmbox::control ctl;
	attributes attr;

	attr.capacity(1).region_size(4096);
	const auto ends = ctl.pair(attr, IPCMBOX_DUPLEX, O_NONBLOCK);
	const mailbox &a = ends.first, &b = ends.second;
	CHECK(error_of([&] { a.recv(); }) == EAGAIN);
	const ipcmbox::region one = a.map(), two = b.map();
	one[10] = std::byte{ 7 };
	CHECK(two[10] == std::byte{ 7 });
	CHECK(error_of([] { mailbox::create(1).map(); }) == ENODEV);
}

/* What the processes of these tests share. */
struct shared {
	ipcmbox::mutex mutex;
	ipcmbox::condition_variable changed;
	ipcmbox::semaphore room{ 1 };
	int left = 10;
	int right = 0;
};

static mailbox with_region()
{
	attributes attr;

	attr.region_size(sizeof(shared));
	return mailbox::create(attr);
}

TEST(regions_hold_objects)
{
	const mailbox box = with_region();
	const ipcmbox::region region = box.map();
	shared &s = region.construct<shared>(0);
	bool thrown = false;

	CHECK(region.size() == 4096);
	CHECK(region.end() - region.begin() == 4096);
	CHECK(&region.at<shared>(0) == &s);
	try {
		region.at<shared>(4096 - sizeof(shared) + 8);
	} catch (const std::out_of_range &) {
		thrown = true;
	}
	CHECK(thrown);
	test::child other([&] {
		const ipcmbox::region own = box.map();
		shared &there = own.at<shared>(0);
		const std::lock_guard<ipcmbox::mutex> lock(there.mutex);

		CHECK(&there != &s);
		there.right = 5;
		there.changed.notify_all();
	});
	{
		std::unique_lock<ipcmbox::mutex> lock(s.mutex);

		s.changed.wait(lock, [&] { return s.right == 5; });
		CHECK(!s.changed.wait_for(lock, 10ms, [] { return false; }));
		CHECK(s.changed.wait_until(lock,
					   std::chrono::steady_clock::now()) ==
		      std::cv_status::timeout);
		CHECK(error_of([&] { s.mutex.lock(); }) == EDEADLK);
		std::thread second([&] {
			std::unique_lock<ipcmbox::mutex> tried(
				s.mutex, std::try_to_lock);
			CHECK(!tried);
			CHECK(!s.mutex.try_lock_for(10ms));
		});
		second.join();
	}
	CHECK(other.ends_well());
	s.room.acquire();
	CHECK(!s.room.try_acquire() && !s.room.try_acquire_for(10ms));
	s.room.release();
	CHECK(s.room.try_acquire());
	std::destroy_at(&s);
}

/* A process that dies half-way with the lock of what it was changing. */
static void die_with(shared &s)
{
	test::child dies([&] {
		s.mutex.lock();
		s.left -= 3;
	});
	CHECK(dies.ends_well());
}

TEST(the_heir_of_a_mutex_repairs)
{
	const ipcmbox::region region = with_region().map();
	shared &s = region.construct<shared>(0);
	std::unique_lock<ipcmbox::mutex> lock(s.mutex, std::defer_lock);
	bool died = false;

	die_with(s);
	try {
		lock.lock();
	} catch (const ipcmbox::owner_died &e) {
		died = true;
		s.right = 10 - s.left;
		lock = e.recover();
		CHECK(error_of([&] { e.recover(); }) == EPERM);
	}
	CHECK(died && lock.owns_lock() && s.left + s.right == 10);
	lock.unlock();
	lock.lock();
	lock.unlock();

	/* Who does not repair it loses it for all. */
	die_with(s);
	CHECK(error_of([&] {
		      const std::lock_guard<ipcmbox::mutex> guard(s.mutex);
	      }) == EOWNERDEAD);
	CHECK(error_of([&] { s.mutex.lock(); }) == ENOTRECOVERABLE);
	CHECK(error_of([&] { s.mutex.try_lock(); }) == ENOTRECOVERABLE);
}

TEST(a_wait_inherits_a_mutex)
{
	const ipcmbox::region region = with_region().map();
	shared &s = region.construct<shared>(0);
	std::unique_lock<ipcmbox::mutex> lock(s.mutex);
	bool died = false;

	test::child dies([&] {
		s.mutex.lock();
		s.changed.notify_all();
	});
	try {
		s.changed.wait(lock, [] { return false; });
	} catch (const ipcmbox::owner_died &e) {
		CHECK(!lock.owns_lock());
		lock = e.recover();
		died = true;
	}
	CHECK(died && lock.owns_lock());
	CHECK(dies.ends_well());
}

int main()
{
	return test::run_all(30);
}
