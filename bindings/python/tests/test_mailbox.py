# SPDX-License-Identifier: GPL-2.0-only
"""Blocking mailboxes."""
import errno
import gc
import os
import signal
import time
import unittest
import warnings

import ipcmbox
from ipcmbox import Disposition, Mailbox, MessageSizeError, Outcome, RecvCase, SendCase
from util import TestCase, child, open_fds, thread, until


class Descriptors(TestCase):
    def test_is_closed(self):
        box = Mailbox.create(1)
        self.assertFalse(os.get_inheritable(box.fileno()))
        with box:
            pass
        self.assertTrue(box.closed)
        box.close()
        with self.assertRaises(ValueError):
            box.send(b"")
        box = Mailbox.create(1)
        again = Mailbox.from_fd(box.detach())
        self.assertTrue(box.closed)
        again.close()

    def test_warns_when_forgotten(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            box = Mailbox.create(1)
            fd = box.fileno()
            del box
            gc.collect()
        self.assertEqual([w.category for w in caught], [ResourceWarning])
        self.assertIn(f"fd={fd}", str(caught[0].message))
        with self.assertRaises(OSError):
            os.fstat(fd)

    def test_works_after_fork(self):
        with Mailbox.create(1) as box:
            with child(lambda: box.send(b"from the child")):
                self.assertEqual(box.recv().data, b"from the child")


class Messages(TestCase):
    def test_data(self):
        with Mailbox.create(8) as box:
            box.send(b"bytes")
            box.send(bytearray(b"array"))
            box.send(memoryview(b"a view")[2:])
            box.send([b"a", b"", bytearray(b"list")])
            box.send(b"")
            for data in (b"bytes", b"array", b"view", b"alist", b""):
                message = box.recv()
                self.assertEqual((message.data, len(message)), (data, len(data)))
                self.assertTrue(message)
            with self.assertRaises(TypeError):
                box.send("text")
            with self.assertRaises((BufferError, ValueError)):
                box.send(memoryview(b"abcd")[::2])
            self.assertEqual(self.errno_of(box.send, [b""] * 1025), errno.EINVAL)

    def test_what_is_known(self):
        with Mailbox.create(4, selective=True) as box:
            receipt = box.send(b"x", type=7, cookie=2**64 - 1, priority=9)
            self.assertEqual(receipt.disposition, Disposition.QUEUED)
            box.send(b"y", type=3)
            self.assertEqual(box.peek().data, b"x")
            self.assertEqual(box.recv(type=3).data, b"y")
            for wanted in ({"type_not": 7}, {"type_up_to": 6}, {"type": 8}):
                with self.assertRaises(BlockingIOError):
                    box.recv(timeout=0, **wanted)
            message = box.recv(sender=os.getpid())
            self.assertEqual((message.id, message.type, message.cookie, message.priority),
                             (receipt.id, 7, 2**64 - 1, 9))
            self.assertEqual((message.pid, message.uid), (os.getpid(), os.geteuid()))
            self.assertFalse(message.is_call or message.notice or message.truncated)
            with self.assertRaises(ValueError):
                box.recv(type=1, sender=2)

    def test_makes_room(self):
        large = os.urandom(300000)
        with Mailbox.create(4) as box:
            box.send(large)
            self.assertEqual(box.peek(size=1).data, large)
            self.assertEqual(box.recv(size=0).data, large)
            box.send(b"abcdef")
            message = box.recv(size=3, truncate=True)
            self.assertEqual((message.data, message.length, message.truncated),
                             (b"abc", 6, True))
            with self.assertRaises(MessageSizeError):
                box.send(bytes(2**20 + 1))

    def test_iterates_to_the_end(self):
        receive, send = Mailbox.pair(3)
        with receive:
            with send:
                for data in (b"1", b"2", b"3"):
                    send.send(data)
            self.assertEqual([m.data for m in receive], [b"1", b"2", b"3"])
            with self.assertRaises(BrokenPipeError):
                receive.recv()

    def test_descriptors(self):
        before = open_fds()
        with Mailbox.create(4) as box:
            r, w = os.pipe()
            with open(w, "wb", buffering=0) as file:
                for _ in range(3):
                    box.send(b"two", fds=[r, file])
                box.send(b"none", fds=())
            os.close(r)
            with self.assertRaises(MessageSizeError):
                box.recv(fds=1)
            with box.recv(fds=2) as message:
                r, w = message.take_fds()
                os.write(w, b"x")
                self.assertEqual(os.read(r, 1), b"x")
                self.assertEqual(message.fds, ())
            os.close(r)
            os.close(w)
            with box.recv(fds=64) as message:
                self.assertEqual(len(message.fds), 2)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                box.recv(fds=2)
                gc.collect()
            self.assertEqual([w.category for w in caught], [ResourceWarning])
            self.assertEqual(box.recv(fds=2).fds, ())
            with self.assertRaises(ValueError):
                box.recv(fds=65)
        self.assertEqual(open_fds(), before)


class Waiting(TestCase):
    def test_timeouts(self):
        with Mailbox.create(1) as box:
            start = time.monotonic()
            with self.assertRaises(BlockingIOError):
                box.recv(timeout=0)
            with self.assertRaises(TimeoutError):
                box.recv(timeout=0.05)
            self.assertGreaterEqual(time.monotonic() - start, 0.05)
            with self.assertRaises(ValueError):
                box.recv(timeout=-1)
            box.send(b"1", timeout=1e12)
            with self.assertRaises(BlockingIOError) as raised:
                box.send(b"2", timeout=0)
            self.assertEqual(raised.exception.receipt.disposition, Disposition.NOT_SENT)
            with self.assertRaises(TimeoutError) as raised:
                box.send(b"2", timeout=0.02)
            self.assertEqual(raised.exception.receipt.disposition, Disposition.WITHDRAWN)

    def test_others_run_meanwhile(self):
        with Mailbox.create(0) as box:
            with thread(box.send, b"from a thread"):
                self.assertEqual(box.recv().data, b"from a thread")
            with thread(box.recv):
                receipt = box.send(b"to a thread")
                self.assertEqual(receipt.disposition, Disposition.TAKEN)

    def test_a_signal_does_not_end_it(self):
        """PEP 475: the handler runs, and the wait goes on to the same deadline."""
        seen = []
        old = signal.signal(signal.SIGUSR1, lambda *_: seen.append(time.monotonic()))
        self.addCleanup(signal.signal, signal.SIGUSR1, old)
        with Mailbox.create(1) as box:
            start = time.monotonic()

            def interrupt():
                for _ in range(4):
                    time.sleep(0.05)
                    os.kill(os.getpid(), signal.SIGUSR1)

            with thread(interrupt):
                with self.assertRaises(TimeoutError):
                    box.recv(timeout=0.4)
            took = time.monotonic() - start
            self.assertEqual(len(seen), 4)
            self.assertLess(seen[0] - start, 0.35)
            self.assertGreaterEqual(took, 0.4)
            self.assertLess(took, 2)
            with thread(interrupt):
                with thread(lambda: (until(lambda: len(seen) >= 8), box.send(b"x"))):
                    self.assertEqual(box.recv().data, b"x")

    def test_a_handler_may_use_the_package(self):
        """What fails in it is not taken for the end of what it interrupts."""
        refused = []
        with Mailbox.create(1) as wake, Mailbox.create(1) as box:
            wake.send(b"")

            def handler(*_):
                try:
                    wake.send(b"", timeout=0)
                except BlockingIOError:
                    refused.append(time.monotonic())

            def interrupt():
                for _ in range(2):
                    time.sleep(0.1)
                    os.kill(os.getpid(), signal.SIGUSR1)

            old = signal.signal(signal.SIGUSR1, handler)
            self.addCleanup(signal.signal, signal.SIGUSR1, old)
            waits = (lambda: box.recv(timeout=0.4), lambda: wake.send(b"", timeout=0.4),
                     lambda: wake.call(b"", timeout=0.4), lambda: box.recv_batch(2, timeout=0.4),
                     lambda: ipcmbox.select([RecvCase(box)], timeout=0.4),
                     lambda: wake.send_batch([b""], timeout=0.4))
            for wait in waits:
                with thread(interrupt):
                    with self.assertRaises(TimeoutError):
                        wait()
            self.assertEqual(len(refused), 2 * len(waits))

    def test_a_handler_may_raise(self):
        class Enough(Exception):
            pass

        def handler(*_):
            raise Enough

        old = signal.signal(signal.SIGUSR1, handler)
        self.addCleanup(signal.signal, signal.SIGUSR1, old)
        with Mailbox.create(1) as box:
            with thread(lambda: (time.sleep(0.1), os.kill(os.getpid(), signal.SIGUSR1))):
                with self.assertRaises(Enough):
                    box.recv()
            box.send(b"full")
            with thread(lambda: (time.sleep(0.1), os.kill(os.getpid(), signal.SIGUSR1))):
                with self.assertRaises(Enough):
                    box.send(b"not sent")
            self.assertEqual(box.info().queued, 1)
            self.assertEqual(box.info().senders_waiting, 0)


class Errors(TestCase):
    def test_classes(self):
        receive, send = Mailbox.pair(1)
        with send:
            self.assertEqual(self.errno_of(receive.send, b""), errno.EBADF)
            receive.close()
            with self.assertRaises(BrokenPipeError):
                send.send(b"")
        with Mailbox.create(1) as box:
            box.destroy()
            for operation in (lambda: box.send(b""), box.recv, box.peek, box.drain,
                              lambda: box.call(b"")):
                with self.assertRaises(ipcmbox.DestroyedError):
                    operation()
            self.assertEqual(box.info().state, ipcmbox.State.DESTROYED)
        with self.assertRaises(FileNotFoundError):
            Mailbox.open("no such name")
        with self.assertRaises(ProcessLookupError):
            Mailbox.open_pid(4194303)
        with Mailbox.create(ipcmbox.UNBOUNDED, max_bytes=4096, max_message=4096) as box:
            with self.assertRaises(ipcmbox.QuotaError):
                for _ in range(10):
                    box.send(bytes(4000))
        self.assertEqual(self.errno_of(Mailbox.create, 2**40), errno.EINVAL)

    def test_cancel(self):
        ticket = ipcmbox.Ticket()
        with Mailbox.create(0) as box:
            failed = []

            def send():
                try:
                    box.send(b"x", ticket=ticket)
                except ipcmbox.CancelledByOtherError as error:
                    failed.append(error.receipt.disposition)

            with thread(send):
                until(lambda: ticket.id)
                self.assertEqual(box.cancel(ticket.id), ipcmbox.Cancelled.DONE)
            self.assertEqual(failed, [Disposition.WITHDRAWN])


class Calls(TestCase):
    def test_answers(self):
        with Mailbox.create(4) as box:
            def serve():
                message = box.recv()
                self.assertTrue(message.is_call)
                first = ipcmbox.Response(message, [b"re: ", message.data], cookie=5)
                message = box.reply_recv(first)
                self.assertEqual(first.outcome, Outcome.ANSWERED)
                large = ipcmbox.Response(message, b"a long answer")
                with self.assertRaises(MessageSizeError):
                    box.reply(large)
                self.assertEqual((large.outcome, large.room), (Outcome.UNANSWERED, (4, 0)))
                with self.assertRaises(MessageSizeError):
                    box.reply_recv(large, timeout=0)
                self.assertTrue(box.reply(message, b"okay"))
                self.assertFalse(box.reply(message, b"okay"))
                with self.assertRaises(BlockingIOError):
                    box.reply_recv(first, timeout=0)

            with thread(serve):
                answer = box.call(b"question")
                self.assertEqual((answer.data, answer.cookie), (b"re: question", 5))
                self.assertEqual(box.call([b"sec", b"ond"], room=4).data, b"okay")

    def test_failures(self):
        with Mailbox.create(4) as box:
            with self.assertRaises(BlockingIOError):
                box.call(b"", timeout=0)
            with self.assertRaises(TimeoutError) as raised:
                box.call(b"", taken_timeout=0.02)
            self.assertEqual(raised.exception.receipt.disposition, Disposition.WITHDRAWN)
            with thread(box.recv):
                with self.assertRaises(TimeoutError) as raised:
                    box.call(b"", timeout=0.2)
            self.assertEqual(raised.exception.receipt.disposition, Disposition.TAKEN)
            self.assertTrue(box.recv(notices=True, timeout=0).notice)
            with child(box.recv):
                with self.assertRaises(ipcmbox.OwnerDiedError) as raised:
                    box.call(b"")
            self.assertEqual(raised.exception.receipt.disposition, Disposition.PEER_DIED)

    def test_a_call_that_is_taken_is_not_made_twice(self):
        old = signal.signal(signal.SIGUSR1, lambda *_: None)
        self.addCleanup(signal.signal, signal.SIGUSR1, old)
        with Mailbox.create(4) as box:
            def serve():
                # Not taken yet: the call goes on. Taken: it is interrupted.
                until(lambda: box.info().queued)
                os.kill(os.getpid(), signal.SIGUSR1)
                time.sleep(0.1)
                box.recv()
                time.sleep(0.1)
                os.kill(os.getpid(), signal.SIGUSR1)

            with thread(serve):
                with self.assertRaises(InterruptedError) as raised:
                    box.call(b"once")
            self.assertEqual(raised.exception.receipt.disposition, Disposition.TAKEN)
            self.assertEqual(box.info().received, 1)

    def test_descriptors_of_an_answer(self):
        with Mailbox.create(1) as box:
            def serve():
                message = box.recv(fds=1)
                with message:
                    box.reply(message, b"back", fds=message.fds)

            with thread(serve):
                with open("/proc/self/status") as file:
                    with box.call(b"there", fds=[file], answer_fds=2) as answer:
                        self.assertEqual(len(answer.fds), 1)
                        self.assertTrue(os.path.samestat(os.fstat(answer.fds[0]),
                                                         os.fstat(file.fileno())))


class Several(TestCase):
    def test_batches(self):
        with Mailbox.create(3) as box:
            words = [b"one", b"two", b"three", b"four"]
            self.assertEqual(box.send_batch(words, timeout=0, cookie=4), 3)
            with self.assertRaises(BlockingIOError):
                box.send_batch(words, timeout=0)
            with self.assertRaises(TimeoutError):
                box.send_batch(words, timeout=0.01)
            # The first gets room; the third has too little, and stays.
            first = box.recv_batch(4, size=3)
            self.assertEqual([m.data for m in first], [b"one", b"two"])
            self.assertEqual(first[1].cookie, 4)
            self.assertEqual([m.data for m in box.recv_batch(4, size=0)], [b"three"])
            with self.assertRaises(BlockingIOError):
                box.recv_batch(2, timeout=0)

    def test_select(self):
        with Mailbox.create(1) as a, Mailbox.create(1) as b, ipcmbox.Control() as control:
            cases = [RecvCase(a), RecvCase(b, size=2)]
            with self.assertRaises(BlockingIOError) as raised:
                ipcmbox.select(cases, timeout=0)
            self.assertIsNone(raised.exception.index)
            with self.assertRaises(TimeoutError):
                ipcmbox.select(cases, timeout=0.01)
            b.send(b"longer than its room")
            index, message = ipcmbox.select(cases, control=control)
            self.assertEqual((index, message.data), (1, b"longer than its room"))
            with thread(lambda: (time.sleep(0.05), a.send(b"a"))):
                self.assertEqual(ipcmbox.select(cases)[1].data, b"a")
            index, receipt = ipcmbox.select([RecvCase(a), SendCase(b, b"x", cookie=3)])
            self.assertEqual((index, receipt.disposition), (1, Disposition.QUEUED))
            self.assertEqual(b.recv().cookie, 3)
            b.destroy()
            with self.assertRaises(ipcmbox.DestroyedError) as raised:
                ipcmbox.select(cases, ordered=True)
            self.assertEqual(raised.exception.index, 1)


if __name__ == "__main__":
    unittest.main()
