# SPDX-License-Identifier: GPL-2.0-only
"""Mailboxes of asyncio."""
import asyncio
import errno
import functools
import os
import time
import unittest

import ipcmbox
from ipcmbox import Disposition, Mailbox, RecvCase, SendCase, aio
from util import TestCase, child, thread, until


def runs(coroutine):
    """The test is a coroutine, run to its end in a loop of its own."""
    @functools.wraps(coroutine)
    def test(self):
        asyncio.run(coroutine(self))
    return test


async def started(coroutine):
    """A task that has come to where it waits."""
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0.05)
    return task


class Aio(TestCase):
    @runs
    async def test_a_mailbox_is_awaitable(self):
        with aio.Mailbox.create(2) as box:
            await box.send(b"1", cookie=1)
            message = await box
            self.assertEqual((message.data, message.cookie), (b"1", 1))
            task = await started(box.recv(size=1))
            self.assertFalse(task.done())
            await box.send(b"22")
            self.assertEqual((await task).data, b"22")

    @runs
    async def test_iterates_to_the_end(self):
        receive, send = aio.Mailbox.pair(1)

        async def produce():
            with send:
                for i in range(20):
                    await send.send(b"%d" % i)

        with receive:
            task = asyncio.ensure_future(produce())
            self.assertEqual([int(m.data) async for m in receive], list(range(20)))
            await task

    @runs
    async def test_the_loop_is_not_blocked(self):
        with aio.Mailbox.create(0) as box:
            ticks = 0
            receive = await started(box.recv())
            for _ in range(10):
                await asyncio.sleep(0.005)
                ticks += 1
            self.assertEqual(ticks, 10)
            receipt = await box.send(b"both in one loop")
            self.assertEqual(receipt.disposition, Disposition.TAKEN)
            self.assertEqual((await receive).data, b"both in one loop")

    @runs
    async def test_many_tasks(self):
        with aio.Mailbox.create(3) as box:
            async def take():
                return int((await box).data)

            takers = [asyncio.ensure_future(take()) for _ in range(50)]
            await asyncio.gather(*(box.send(b"%d" % i) for i in range(50)))
            self.assertEqual(sorted(await asyncio.gather(*takers)), list(range(50)))

    @runs
    async def test_choice_does_not_spin(self):
        """A message of another type is there all the time, and nothing is done about it."""
        with aio.Mailbox.create(4, selective=True) as box:
            await box.send(b"other", type=1)
            before = time.process_time()
            wanted = await started(box.recv(type=2))
            await asyncio.sleep(0.3)
            self.assertLess(time.process_time() - before, 0.2)
            await box.send(b"wanted", type=2)
            self.assertEqual((await wanted).data, b"wanted")
            self.assertEqual((await box.recv(type=1)).data, b"other")

    @runs
    async def test_a_cancelled_receive_loses_nothing(self):
        with aio.Mailbox.create(1) as box:
            taken = 0
            for i in range(300):
                task = asyncio.ensure_future(box.recv())
                for _ in range(i % 4):
                    await asyncio.sleep(0)
                await box.send(b"%d" % i)
                for _ in range(i % 3):
                    await asyncio.sleep(0)
                task.cancel()
                try:
                    message = await task
                    taken += 1
                except asyncio.CancelledError:
                    message = box.peek()
                    await box.recv()
                self.assertEqual(int(message.data), i)
                self.assertEqual(box.info().queued, 0)
            self.assertGreater(taken, 0)
            self.assertLess(taken, 300)
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(box.recv(), 0.02)

    @runs
    async def test_a_cancelled_send_is_taken_back(self):
        with aio.Mailbox.create(1) as full, aio.Mailbox.create(0) as meet:
            await full.send(b"full")
            for box, options in ((full, {}), (meet, {}), (full, {"until_taken": True})):
                task = await started(box.send(b"x", **options))
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                self.assertEqual(box.info().senders_waiting, 0)
            self.assertEqual((await full).data, b"full")
            with self.assertRaises(BlockingIOError):
                full.peek()
            # It says what became of the message.
            dispositions = []

            async def send():
                try:
                    await meet.send(b"x")
                except asyncio.CancelledError as cancelled:
                    dispositions.append(cancelled.receipt.disposition)
                    raise

            task = await started(send())
            task.cancel()
            await asyncio.wait([task])
            self.assertEqual(dispositions, [Disposition.WITHDRAWN])

    @runs
    async def test_calls(self):
        with aio.Mailbox.create(4) as box:
            async def serve():
                for _ in range(8):
                    message = await box
                    await asyncio.sleep(0)
                    self.assertTrue(box.reply(message, [b"re: ", message.data]))

            server = asyncio.ensure_future(serve())
            answers = await asyncio.gather(*(box.call(b"%d" % i) for i in range(8)))
            self.assertEqual([a.data for a in answers], [b"re: %d" % i for i in range(8)])
            await server
            # One that nobody has is taken back; of one that a server has, it is told.
            task = await started(box.call(b"not taken"))
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(box.info().queued, 0)
            task = await started(box.call(b"taken"))
            message = await box
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            notice = await box.recv(notices=True)
            self.assertTrue(notice.notice)
            self.assertEqual(notice.token, message.token)
            with self.assertRaises(TimeoutError):
                await box.call(b"", timeout=0.02)

    @runs
    async def test_a_call_outlives_its_mailbox(self):
        """Where that is closed, the call can still be answered, or be taken back."""
        with Mailbox.create(2) as server:
            box = aio.Mailbox.from_fd(os.dup(server.fileno()))
            first = await started(box.call(b"1"))
            second = await started(box.call(b"2"))
            box.close()
            self.assertTrue(server.reply(server.recv(), b"answer"))
            self.assertEqual((await first).data, b"answer")
            second.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await second
            self.assertEqual(server.info().queued, 0)

    @runs
    async def test_deadlines_are_those_of_asyncio(self):
        with aio.Mailbox.create(0) as box:
            for operation in (box.recv, lambda: box.send(b""), lambda: box.call(b"")):
                with self.assertRaises(TimeoutError):
                    async with asyncio.timeout(0.03):
                        await operation()
            info = box.info()
            self.assertEqual((info.senders_waiting, info.receivers_waiting), (0, 0))

    @runs
    async def test_the_server_dies(self):
        with aio.Mailbox.create(1) as box:
            def serve():
                with Mailbox.from_fd(os.dup(box.fileno())) as own:
                    own.recv()

            with child(serve):
                with self.assertRaises(ipcmbox.OwnerDiedError):
                    await box.call(b"")

    @runs
    async def test_broadcasts(self):
        with aio.Mailbox.create(broadcast=True) as box:
            with box.subscribe(1, slow=ipcmbox.Slow.DROP_OLDEST) as drops, \
                    box.subscribe(1) as blocks:
                await box.send(b"1")
                send = await started(box.send(b"2", to_all=True))
                self.assertEqual((await blocks).data, b"1")
                await asyncio.sleep(0.05)
                self.assertFalse(send.done())
                self.assertEqual((await drops).data, b"1")
                self.assertEqual((await send).reached, 2)
                self.assertEqual(((await drops).data, (await blocks).data), (b"2", b"2"))

    @runs
    async def test_select(self):
        with aio.Mailbox.create(1) as a, aio.Mailbox.create(1) as b:
            task = await started(aio.select([RecvCase(a), RecvCase(b), RecvCase(a)]))
            await b.send(b"b")
            index, message = await task
            self.assertEqual((index, message.data), (1, b"b"))
            await a.send(b"full")
            task = await started(aio.select([SendCase(a, b"again"), RecvCase(b)]))
            self.assertEqual((await a).data, b"full")
            index, receipt = await task
            self.assertEqual((index, receipt.disposition), (0, Disposition.QUEUED))
            task = await started(aio.select([RecvCase(b)]))
            task.cancel()
            await b.send(b"not lost")
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual((await b).data, b"not lost")

    @runs
    async def test_the_end(self):
        box = aio.Mailbox.create(1)
        other = box.reopen(os.O_RDWR, admin=True)
        task = await started(box.recv())
        box.close()
        with self.assertRaises(OSError) as raised:
            await task
        self.assertEqual(raised.exception.errno, errno.EBADF)
        with other:
            receive = await started(other.recv())
            other.destroy()
            with self.assertRaises(ipcmbox.DestroyedError):
                await receive
            with self.assertRaises(ipcmbox.DestroyedError):
                await other.send(b"")
            with self.assertRaises(ipcmbox.DestroyedError):
                await other.call(b"")

    def test_of_one_loop_at_a_time(self):
        with aio.Mailbox.create(1) as box:
            for data in (b"1", b"2"):
                asyncio.run(box.send(data))
                self.assertEqual(asyncio.run(box.recv()).data, data)

            async def waits():
                return await box

            def serve():
                self.assertEqual(asyncio.run(waits()).data, b"3")

            with thread(serve):
                until(lambda: box._changes and box._changes.in_use)
                with self.assertRaises(RuntimeError):
                    asyncio.run(box.recv())
                asyncio.run(self.send_by_other(box))

    async def send_by_other(self, box):
        with Mailbox.from_fd(os.dup(box.fileno())) as other:
            other.send(b"3")

    def test_in_a_child(self):
        """A child with a loop of its own takes what the parent's tasks would."""
        with aio.Mailbox.create(1) as box, aio.Mailbox.create(1) as done:
            async def parent():
                await box.send(b"1")
                await box
                with child(lambda: asyncio.run(serve())):
                    await box.send(b"2")
                    self.assertEqual((await done).data, b"took 2")

            async def serve():
                await done.send(b"took " + (await box).data)

            asyncio.run(parent())


if __name__ == "__main__":
    unittest.main()
