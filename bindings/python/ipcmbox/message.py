# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages as they are received, and the sending and receiving that both kinds of mailbox share."""
import errno
import os
import warnings
from typing import Any, Callable, Iterable, Optional, Tuple, Union

from ._base import Data, Pieces, Receipt, Room, error, fd_list, ffi, invoke, lib, limit
from .constants import Disposition, Flag, Match, MessageFlag, Outcome


class Message:
    """
    A message, with what is known of it. Its descriptors, if there are any, belong to it until they
    are taken, and are closed with it: use it as a context manager, or call close().
    """

    def __init__(self, data: bytes, about: Any, fds: Tuple[int, ...] = ()):
        self.data = data
        self.fds = fds
        self.id: int = about.id
        self.cookie: int = about.cookie

    type = priority = pid = tid = uid = gid = token = lag = 0
    #: bytes of the whole message, also if it was cut
    length = 0
    truncated = notice = False

    @property
    def is_call(self) -> bool:
        """Someone waits for an answer."""
        return bool(self.token) and not self.notice

    def take_fds(self) -> Tuple[int, ...]:
        """The descriptors, which are the caller's from now on; -1 for one that was lost."""
        fds, self.fds = self.fds, ()
        return fds

    def close(self) -> None:
        for fd in self.take_fds():
            if fd >= 0:
                os.close(fd)

    def __enter__(self) -> "Message":
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "fds", ()):
            try:
                warnings.warn(f"descriptors of a message were not closed: {self.fds}",
                              ResourceWarning, source=self)
            finally:
                self.close()

    def __bytes__(self) -> bytes:
        return self.data

    def __len__(self) -> int:
        return len(self.data)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        data = self.data if len(self.data) <= 40 else self.data[:40] + b"..."
        return f"<Message {self.id} {data!r}>"


def wanted(type: Optional[int], type_up_to: Optional[int], type_not: Optional[int],
           sender: Optional[int]) -> Tuple[int, int]:
    """Which messages: enum ipcmbox_match and its value."""
    choices = [(match, value) for match, value in (
        (Match.TYPE, type), (Match.TYPE_MAX, type_up_to), (Match.TYPE_NOT, type_not),
        (Match.SENDER, sender)) if value is not None]
    if len(choices) > 1:
        raise ValueError("only one of type, type_up_to, type_not and sender can be wanted")
    return choices[0] if choices else (Match.ANY, 0)


class Receive:
    """A receive: its room, its options, and what is known of the message afterwards."""

    def __init__(self, *, size: int = 4096, fds: int = 0, type: Optional[int] = None,
                 type_up_to: Optional[int] = None, type_not: Optional[int] = None,
                 sender: Optional[int] = None, truncate: bool = False, notices: bool = False,
                 timeout: Optional[float] = None):
        self.room = Room(size, fds)
        self.options = ffi.new("struct ipcmbox_recv_options *")
        self.about = ffi.new("struct ipcmbox_delivery *")
        self.options.match, self.options.match_value = wanted(type, type_up_to, type_not, sender)
        flags, self.options.deadline = limit(timeout)
        if truncate:
            flags |= Flag.TRUNCATE
        if notices:
            flags |= Flag.NOTICES
        self.options.flags = flags
        self.options.nr_fds = fds
        self.options.fds = self.room.fds

    def arguments(self) -> Tuple[Any, ...]:
        return (self.room.iov, 1, self.options, ffi.sizeof(self.options[0]), self.about,
                ffi.sizeof(self.about[0]))

    def grown(self) -> bool:
        """After EMSGSIZE: there is room for the message now, if bytes were what it lacked."""
        if self.about.len <= self.room.size:
            return False
        self.room.grow(self.about.len)
        return True

    def message(self) -> Message:
        about = self.about
        message = Message(self.room.take(min(about.len, self.room.size)), about,
                          self.room.take_fds(about.nr_fds))
        for name in ("type", "priority", "pid", "tid", "uid", "gid", "token", "lag"):
            setattr(message, name, getattr(about, name))
        message.length = about.len
        message.truncated = bool(about.flags & MessageFlag.TRUNCATED)
        message.notice = bool(about.flags & MessageFlag.LEFT)
        return message

    def run(self, function: Callable[..., int], *first: Any) -> Message:
        """Until it comes to be, or fails; a signal does not end it, unless its handler raises."""
        while True:
            result, number = invoke(function, *first, *self.arguments())
            if result >= 0:
                return self.message()
            if number == errno.EINTR or (number == errno.EMSGSIZE and self.grown()):
                continue
            raise error(number)


class _Ticketed:
    """What a ticket can be used for."""

    options: Any

    def use(self, ticket: Optional["Ticket"]) -> None:
        self._ticket = ticket
        self.options.ticket = ticket.pointer if ticket else ffi.NULL


class Send(_Ticketed):
    """A send: the message, its options, and what became of it."""

    def __init__(self, data: Data, *, type: int = 0, priority: int = 0, cookie: int = 0,
                 fds: Iterable[Any] = (), until_taken: bool = False, to_all: bool = False,
                 ticket: Optional["Ticket"] = None, timeout: Optional[float] = None):
        self.pieces = Pieces(data)
        self.options = ffi.new("struct ipcmbox_send_options *")
        self.about = ffi.new("struct ipcmbox_receipt *")
        self.options.type = type
        self.options.priority = priority
        self.options.cookie = cookie
        self._fds, self.options.nr_fds = fd_list(fds)
        self.options.fds = self._fds
        flags, self.options.deadline = limit(timeout)
        if until_taken:
            flags |= Flag.UNTIL_TAKEN
        if to_all:
            flags |= Flag.ALL
        self.options.flags = flags
        self.use(ticket)

    def receipt(self) -> Receipt:
        return Receipt(self.about.id, self.about.disposition, self.about.reached)

    def run(self, fd: int) -> Receipt:
        """One that a signal interrupts nobody has received, so it is sent again."""
        while True:
            result, number = invoke(lib.ipcmbox_send_with, fd, self.pieces.iov, self.pieces.count,
                                    self.options, ffi.sizeof(self.options[0]), self.about,
                                    ffi.sizeof(self.about[0]))
            if result >= 0:
                return self.receipt()
            if number != errno.EINTR:
                raise error(number, self.receipt())


class Call(_Ticketed):
    """A call: the message, its options, room for the answer, and what became of it."""

    def __init__(self, data: Data, *, room: int = 65536, answer_fds: int = 0, type: int = 0,
                 priority: int = 0, cookie: int = 0, fds: Iterable[Any] = (),
                 ticket: Optional["Ticket"] = None, timeout: Optional[float] = None,
                 taken_timeout: Optional[float] = None):
        self.pieces = Pieces(data)
        self.room = Room(room, answer_fds)
        self.options = ffi.new("struct ipcmbox_call_options *")
        self.about = ffi.new("struct ipcmbox_answer *")
        self.options.type = type
        self.options.priority = priority
        self.options.cookie = cookie
        self._fds, self.options.nr_fds = fd_list(fds)
        self.options.fds = self._fds
        self.options.answer_fds = self.room.fds
        self.options.nr_answer_fds = answer_fds
        self.options.flags, self.options.deadline = limit(timeout)
        self.options.taken_deadline = limit(taken_timeout or None)[1]
        if taken_timeout == 0:
            self.options.flags |= Flag.DONTWAIT
        self.use(ticket)

    def receipt(self) -> Receipt:
        return Receipt(self.about.id, self.about.disposition)

    def run(self, fd: int) -> Message:
        """
        One that a signal interrupts is made again if nobody has received it. Else what became
        of it is not known, and it is an InterruptedError.
        """
        while True:
            result, number = invoke(lib.ipcmbox_call, fd, self.pieces.iov, self.pieces.count,
                                    self.room.iov, 1, self.options, ffi.sizeof(self.options[0]),
                                    self.about, ffi.sizeof(self.about[0]))
            if result >= 0:
                about = self.about
                message = Message(self.room.take(about.len), about,
                                  self.room.take_fds(about.nr_fds))
                message.length = about.len
                return message
            receipt = self.receipt()
            if number != errno.EINTR or receipt.disposition not in (
                    Disposition.NOT_SENT, Disposition.WITHDRAWN):
                raise error(number, receipt)


class Response:
    """An answer to a call, and what became of it: it is given once, however often it is tried."""

    def __init__(self, call: Union[Message, int], data: Data, *, cookie: int = 0,
                 fds: Iterable[Any] = ()):
        self._pieces = Pieces(data)
        self._fds, nr_fds = fd_list(fds)
        self.raw = ffi.new("struct ipcmbox_response *")
        self.raw.token = call.token if isinstance(call, Message) else call
        self.raw.iov = self._pieces.iov
        self.raw.iovcnt = self._pieces.count
        self.raw.cookie = cookie
        self.raw.fds = self._fds
        self.raw.nr_fds = nr_fds

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.raw.outcome)

    @property
    def room(self) -> Tuple[int, int]:
        """After MessageSizeError: bytes and descriptors that the caller has room for."""
        return self.raw.room, self.raw.room_fds

    def arguments(self) -> Tuple[Any, int]:
        if self.outcome != Outcome.UNANSWERED:
            return ffi.NULL, 0
        return self.raw, ffi.sizeof(self.raw[0])


class Ticket:
    """Tells other threads the number of a message whose sender still waits."""

    def __init__(self) -> None:
        pointer, _ = invoke(lib.ipcmbox_ticket_new)
        if not pointer:
            raise MemoryError
        self.pointer = ffi.gc(pointer, lib.ipcmbox_ticket_free)

    @property
    def id(self) -> int:
        """0 as long as the message has no place in the mailbox."""
        return int(lib.ipcmbox_ticket_id(self.pointer))
