# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Mailboxes for asyncio.

A receive never blocks: it is tried with IPCMBOX_DONTWAIT, and in between its task waits for an
event. A task that is cancelled is so where it waits, and there it has no message: what it would
have got is still in the mailbox. Nothing is awaited between the receive and its return.

Events come from an epoll of the mailbox's own, edge-triggered: poll(2) would tell again and again
of messages that a receiver who chooses does not want. O_NONBLOCK is not touched, as all who share
the open file would have it.

A send does the same. At capacity 0 and with until_taken poll(2) is no help, as a partner has to be
waiting; and a call waits for its answer. Those wait in a thread, and a task that is cancelled takes
its message back by CANCEL and waits for that thread. The CancelledError then has a receipt, which
says whether anybody has received the message.
"""
import asyncio
import errno
import os
import select as polling
import threading
from typing import (Any, AsyncIterator, Callable, Generator, Iterable, Optional, Set, Tuple,
                    TypeVar, Union)

from ._base import Data, Receipt, invoke, lib
from .constants import Attribute, Flag
from .mailbox import Cases, Control, Descriptor, Port, select as select_now
from .message import Call, Message, Receive, Send, Ticket

T = TypeVar("T")

_EVENTS = polling.EPOLLIN | polling.EPOLLOUT | polling.EPOLLPRI | polling.EPOLLET
# Of what no event tells: how often a send to all subscribers is tried again, in seconds.
_AGAIN = 0.01


class _Changes:
    """Wakes tasks of a loop when something has changed about descriptors since they looked."""

    def __init__(self, fds: Iterable[int]):
        self.loop = asyncio.get_running_loop()
        self.pid = os.getpid()
        self._tasks: Set["asyncio.Future[None]"] = set()
        self._epoll = polling.epoll()
        try:
            for fd in set(fds):
                self._epoll.register(fd, _EVENTS)
        except BaseException:
            self._epoll.close()
            raise

    @property
    def in_use(self) -> bool:
        return bool(self._tasks)

    def _wake(self) -> None:
        self._epoll.poll(0)
        for task in self._tasks:
            if not task.done():
                task.set_result(None)

    async def wait(self, timeout: Optional[float] = None) -> None:
        """For a change since it was last asked; there may be none."""
        change = self.loop.create_future()
        if not self._tasks:
            self.loop.add_reader(self._epoll.fileno(), self._wake)
        self._tasks.add(change)
        try:
            await asyncio.wait([change], timeout=timeout)
            if self._epoll.closed:
                raise OSError(errno.EBADF, "the mailbox was closed")
        finally:
            self._tasks.discard(change)
            if not self._tasks and not self._epoll.closed:
                self.loop.remove_reader(self._epoll.fileno())

    def close(self) -> None:
        """Whoever waits gets EBADF."""
        if self._epoll.closed:
            return
        if self.pid == os.getpid() and not self.loop.is_closed():
            if self._tasks:
                self.loop.remove_reader(self._epoll.fileno())
            for task in self._tasks:
                if not task.done():
                    task.set_result(None)
        self._epoll.close()


class _Own(Descriptor):
    """A descriptor for one call, so that it stays what it is if the mailbox is closed meanwhile."""

    def __del__(self) -> None:
        self.close()


async def _in_thread(function: Callable[[int], T], box: Port, ticket: Ticket,
                     receipt: Callable[[], Receipt]) -> T:
    """Run what waits in a thread; if the task is cancelled, end that first."""
    loop = asyncio.get_running_loop()
    over: "asyncio.Future[T]" = loop.create_future()
    own = _Own(os.dup(box.fileno()))

    def finish(result: Any, failure: Optional[BaseException]) -> None:
        own.close()
        if failure:
            over.set_exception(failure)
        else:
            over.set_result(result)

    def run() -> None:
        result, failure = None, None
        try:
            result = function(own.fileno())
        except BaseException as raised:
            failure = raised
        try:
            loop.call_soon_threadsafe(finish, result, failure)
        except RuntimeError:
            pass  # the loop is closed: nobody is left to be told

    threading.Thread(target=run, name="ipcmbox", daemon=True).start()
    try:
        await asyncio.wait([over])
    except asyncio.CancelledError as raised:
        while not over.done():
            # It may have no place, and so no number, yet.
            number = ticket.id
            if number:
                invoke(lib.ipcmbox_cancel, own.fileno(), number)
            try:
                await asyncio.wait([over], timeout=0.001)
            except asyncio.CancelledError:
                pass
        answer = None if over.exception() else over.result()
        if isinstance(answer, Message):
            answer.close()
        cancelled: Any = raised
        cancelled.receipt = receipt()
        raise
    return over.result()


class Mailbox(Port):
    """A mailbox for the tasks of one event loop at a time. `await box` receives."""

    _changes: Optional[_Changes] = None
    _meets: Optional[bool] = None

    def close(self) -> None:
        changes, self._changes = self._changes, None
        if changes:
            changes.close()
        super().close()

    def detach(self) -> int:
        fd = super().detach()
        self.close()
        return fd

    def _look(self) -> _Changes:
        """What is asked for before one tries, so that no change after that is missed."""
        changes = self._changes
        here = changes and changes.pid == os.getpid()
        if changes and here and changes.loop is asyncio.get_running_loop():
            return changes
        if changes and here and changes.in_use and not changes.loop.is_closed():
            raise RuntimeError("tasks of another event loop wait for this mailbox")
        if changes:
            changes.close()
        self._changes = _Changes([self.fileno()])
        return self._changes

    async def recv(self, **options: Any) -> Message:
        """Receive a message; the options of ipcmbox.Mailbox.recv() but timeout."""
        changes = self._look()
        receive = Receive(timeout=0, **options)
        while True:
            try:
                return receive.run(lib.ipcmbox_recv_with, self.fileno())
            except BlockingIOError:
                await changes.wait()

    async def send(self, data: Data, **options: Any) -> Receipt:
        """Send a message; the options of ipcmbox.Mailbox.send() but timeout."""
        changes = self._look()
        send = Send(data, timeout=0, **options)
        to_all = options.get("to_all")
        while True:
            try:
                return send.run(self.fileno())
            except BlockingIOError:
                if options.get("until_taken") or self._is_rendezvous():
                    break
                await changes.wait(_AGAIN if to_all else None)
        send.options.flags &= ~Flag.DONTWAIT
        ticket = options.get("ticket") or Ticket()
        send.use(ticket)
        return await _in_thread(send.run, self, ticket, send.receipt)

    async def call(self, data: Data, **options: Any) -> Message:
        """Send a message and wait for its answer; the options of ipcmbox.Mailbox.call()."""
        ticket = options.setdefault("ticket", Ticket())
        call = Call(data, **options)
        return await _in_thread(call.run, self, ticket, call.receipt)

    def _is_rendezvous(self) -> bool:
        if self._meets is None:
            info = self.info(tx=True)
            self._meets = not info.capacity and not info.attributes & Attribute.BROADCAST
        return self._meets

    def __await__(self) -> Generator[Any, None, Message]:
        return self.recv().__await__()

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Messages, until no sender is left."""
        while True:
            try:
                message = await self.recv()
            except BrokenPipeError:
                return
            yield message


async def select(cases: Cases, *, ordered: bool = False,
                 control: Optional[Control] = None) -> Tuple[int, Union[Message, Receipt]]:
    """
    ipcmbox.select() for asyncio. A task that is cancelled has done none of the cases. A send at
    capacity 0 is done only if a receiver waits in a call of its own.
    """
    changes = _Changes(case.box.fileno() for case in cases)
    try:
        while True:
            try:
                return select_now(cases, timeout=0, ordered=ordered, control=control)
            except BlockingIOError:
                await changes.wait()
    finally:
        changes.close()
