# SPDX-License-Identifier: GPL-2.0-only
"""Names, broadcasts, inboxes, events and regions."""
import errno
import gc
import os
import select
import signal
import time

import ipcmbox
from ipcmbox import Attribute, Event, Mailbox, Order, Policy, Slow
from util import TestCase, child, thread, until


class Objects(TestCase):
    def test_attributes(self):
        with Mailbox.create(5, max_bytes=4096, max_message=100, region_size=1, hangup=False,
                            order=Order.PRIORITY, policy=Policy.RECENT, selective=True,
                            fair_share=True, owned=True) as box:
            info = box.info()
            self.assertEqual((info.capacity, info.max_bytes, info.max_message, info.region_size),
                             (5, 4096, 100, 4096))
            self.assertEqual((info.order, info.policy), (Order.PRIORITY, Policy.RECENT))
            self.assertEqual(info.attributes, Attribute.SELECTIVE | Attribute.FAIR_SHARE |
                             Attribute.OWNED | Attribute.NO_HANGUP | Attribute.ADMIN)
            self.assertEqual(info.owner_pid, os.getpid())
            box.set(capacity=6, max_bytes=8192, max_message=200)
            info = box.info()
            self.assertEqual((info.capacity, info.max_bytes, info.max_message), (6, 8192, 200))
            self.assertEqual(self.errno_of(box.set, capacity=0), errno.EINVAL)
            box.send(b"12345")
            self.assertEqual(box.drain(), (1, 5))
            with box.reopen(os.O_RDONLY) as reader:
                self.assertEqual(self.errno_of(reader.destroy), errno.EBADF)
        with self.assertRaises(TypeError):
            Mailbox.create(1, colour="red")

    def test_names(self):
        name = f"python-test-{os.getpid()}"
        with ipcmbox.Control() as control:
            version, features = control.version()
            self.assertEqual(version, 1)
            self.assertTrue(features)
            with Mailbox.create(2, name=name, mode=0o640, exclusive=True) as box:
                with self.assertRaises(FileExistsError):
                    Mailbox.create(2, name=name, exclusive=True, control=control)
                with self.assertRaises(FileExistsError):
                    Mailbox.create(3, name=name)
                with Mailbox.open(name, os.O_WRONLY) as other:
                    other.send(b"by name")
                self.assertEqual(box.recv().data, b"by name")
                with Mailbox.open(name, admin=True, control=control) as other:
                    self.assertIn(Attribute.ADMIN, other.info().attributes)
                entry, = [e for e in ipcmbox.list_names() if e.name == name]
                self.assertEqual((entry.mode & 0o777, entry.mailbox, entry.uid),
                                 (0o640, box.info().mailbox, os.geteuid()))
                for use in (lambda name: Mailbox.create(2, name=name), Mailbox.open,
                            ipcmbox.unlink, control.unlink):
                    with self.assertRaises(ValueError):
                        use(name + "\0x")
                ipcmbox.unlink(name)
                with self.assertRaises(FileNotFoundError):
                    control.unlink(name)
            many = [Mailbox.create(1, name=f"{name}-{i}", control=control) for i in range(150)]
            found = [e for e in control.list_names() if e.name.startswith(name + "-")]
            self.assertEqual(len(found), len(many))
            for box in many:
                box.destroy()
                box.close()
        with self.assertRaises(FileNotFoundError):
            ipcmbox.Control("/nowhere")

    def test_broadcast(self):
        with Mailbox.create(broadcast=True, slow_mask=1 << Slow.DROP_OLDEST) as box:
            self.assertEqual(box.send(b"nobody").reached, 0)
            with self.assertRaises(PermissionError):
                box.subscribe(1)
            with box.subscribe(1, slow=Slow.DROP_OLDEST) as a, \
                    box.subscribe(1, slow=Slow.DROP_OLDEST) as b:
                self.assertEqual(box.send(b"1").reached, 2)
                self.assertEqual(a.recv().data, b"1")
                box.send(b"2")
                with self.assertRaises(BlockingIOError):
                    box.send(b"all", to_all=True, timeout=0)
                message = b.recv()
                self.assertEqual((message.data, message.lag), (b"2", 1))

    def test_inbox(self):
        parent = os.getpid()

        def other():
            with Mailbox.open_pid(parent) as box:
                box.send(b"by pid")

        with Mailbox.inbox(4) as box:
            self.assertEqual(self.errno_of(Mailbox.inbox, 4), errno.EBUSY)
            with child(other) as pid:
                message = box.recv()
                self.assertEqual((message.data, message.pid), (b"by pid", pid))
            pidfd = os.pidfd_open(parent)
            with Mailbox.open_pidfd(pidfd) as sender:
                sender.send(b"by pidfd")
            os.close(pidfd)
            self.assertEqual(box.recv(sender=parent).data, b"by pidfd")
        with self.assertRaises(FileNotFoundError):
            Mailbox.open_pid(parent)

    def test_events(self):
        eventfd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        with Mailbox.create(2) as box:
            box.notify(eventfd, Event.MESSAGE, oneshot=True)
            box.send(b"1")
            self.assertEqual(os.eventfd_read(eventfd), 1)
            box.send(b"2")
            with self.assertRaises(BlockingIOError):
                os.eventfd_read(eventfd)
            box.notify(-1)
            self.assertEqual(self.errno_of(box.notify, box.fileno(), Event.ROOM), errno.EINVAL)
            poll = select.poll()
            poll.register(box, select.POLLIN | select.POLLOUT)
            self.assertEqual(poll.poll(0), [(box.fileno(), select.POLLIN)])
        os.close(eventfd)

    def test_duplex(self):
        a, b = Mailbox.duplex(1, region_size=4096)
        with a, b:
            a.send(b"to b")
            b.send(b"to a")
            self.assertEqual((a.recv().data, b.recv().data), (b"to a", b"to b"))
            ipcmbox.Region(a).view[9] = 7
            self.assertEqual(ipcmbox.Region(b).view[9], 7)


class Regions(TestCase):
    def region(self):
        with Mailbox.create(region_size=4096) as box:
            return ipcmbox.Region(box)

    def test_views_outlive_it(self):
        region = self.region()
        view = region.view[100:108]
        numbers = region.view.cast("Q")
        self.assertEqual((len(region), len(numbers)), (4096, 512))
        del region
        gc.collect()
        view[:] = b"12345678"
        self.assertEqual(numbers[13] & 0xff, ord("5"))
        numbers[0] = 5
        self.assertEqual(numbers[0], 5)
        self.assertIn("ipcmbox", open_maps())
        del view, numbers
        gc.collect()
        self.assertNotIn("ipcmbox", open_maps())

    def test_rights(self):
        with Mailbox.create(region_size=4096) as box:
            with box.reopen(os.O_RDONLY) as reader:
                region = ipcmbox.Region(reader)
                with self.assertRaises(TypeError):
                    region.view[0] = 1
                with self.assertRaises(ValueError):
                    ipcmbox.Semaphore(region, 0)
            for offset in (4, -8, 4096 - 56):
                with self.assertRaises(ValueError):
                    ipcmbox.Mutex(ipcmbox.Region(box), offset)
        with Mailbox.create(1) as box:
            self.assertEqual(self.errno_of(ipcmbox.Region, box), errno.ENODEV)

    def test_mutex(self):
        region = self.region()
        mutex = ipcmbox.Mutex(region, 0, create=True)
        changed = ipcmbox.Condition(region, 64, mutex, create=True)
        room = ipcmbox.Semaphore(region, 128, value=1)

        def other():
            with mutex:
                region.view[1000] = 5
                changed.notify_all()

        with mutex:
            self.assertEqual(self.errno_of(mutex.acquire), errno.EDEADLK)
            with thread(lambda: self.assertFalse(mutex.acquire(timeout=0))):
                pass
            with thread(lambda: self.assertFalse(mutex.acquire(timeout=0.02))):
                pass
            self.assertFalse(changed.wait_for(lambda: False, timeout=0.02))
        with child(other):
            with mutex:
                self.assertTrue(changed.wait_for(lambda: region.view[1000] == 5, timeout=10))
        self.assertEqual(self.errno_of(mutex.release), errno.EPERM)
        with room:
            self.assertFalse(room.acquire(timeout=0))
            self.assertFalse(room.acquire(timeout=0.02))
        self.assertTrue(room.acquire(timeout=0))
        mutex.destroy()
        changed.destroy()
        room.destroy()

    def test_a_handler_may_use_the_package(self):
        refused = []
        region = self.region()
        mutex = ipcmbox.Mutex(region, 0, create=True)
        changed = ipcmbox.Condition(region, 64, mutex, create=True)

        def handler(*_):
            try:
                box.recv(timeout=0)
            except BlockingIOError:
                refused.append(1)

        def interrupt():
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGUSR1)

        def hold():
            with mutex:
                until(lambda: refused)

        old = signal.signal(signal.SIGUSR1, handler)
        self.addCleanup(signal.signal, signal.SIGUSR1, old)
        with Mailbox.create(1) as box:
            with thread(hold):
                until(lambda: not self.is_free(mutex))
                with thread(interrupt):
                    self.assertTrue(mutex.acquire(timeout=20))
            with thread(interrupt):
                self.assertFalse(changed.wait_for(lambda: False, timeout=0.4))
            mutex.release()
        self.assertEqual(len(refused), 2)

    def is_free(self, mutex):
        if not mutex.acquire(timeout=0):
            return False
        mutex.release()
        return True

    def die_with(self, mutex):
        with child(mutex.acquire):
            pass

    def test_the_heir_repairs(self):
        region = self.region()
        repaired = []
        mutex = ipcmbox.Mutex(region, 0, create=True, repair=lambda: repaired.append(1))
        self.die_with(mutex)
        with mutex:
            self.assertEqual(repaired, [1])
        with mutex:
            self.assertEqual(repaired, [1])
        mutex.repair = None
        self.die_with(mutex)
        with self.assertRaises(ipcmbox.OwnerDiedError):
            mutex.acquire()
        self.assertEqual(self.errno_of(mutex.acquire), errno.ENOTRECOVERABLE)

    def test_a_wait_inherits(self):
        region = self.region()
        repaired = []
        mutex = ipcmbox.Mutex(region, 0, create=True, repair=lambda: repaired.append(1))
        changed = ipcmbox.Condition(region, 64, mutex, create=True)

        def dies():
            mutex.acquire()
            changed.notify_all()

        with mutex:
            with child(dies):
                start = time.monotonic()
                self.assertTrue(changed.wait_for(lambda: repaired, timeout=20))
                self.assertLess(time.monotonic() - start, 19)

    def test_a_wait_that_cannot_repair_says_so(self):
        region = self.region()
        mutex = ipcmbox.Mutex(region, 0, create=True)
        changed = ipcmbox.Condition(region, 64, mutex, create=True)
        waits = ipcmbox.Semaphore(region, 128, value=0)

        def dies():
            waits.acquire()
            mutex.acquire()
            changed.notify_all()

        with child(dies):
            with self.assertRaises(ipcmbox.OwnerDiedError):
                with mutex:
                    waits.release()
                    changed.wait_for(lambda: False, timeout=20)
        self.assertEqual(self.errno_of(mutex.acquire), errno.ENOTRECOVERABLE)
        # One that is given back too early is still told of.
        other = ipcmbox.Mutex(region, 192, create=True)
        with self.assertRaises(PermissionError):
            with other:
                other.release()


def open_maps():
    with open("/proc/self/maps") as maps:
        return "".join(line for line in maps if ".so" not in line)
