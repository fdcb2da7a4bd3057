# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mailboxes: what the blocking ones and those of asyncio share, and the blocking ones."""
import errno
import os
import warnings
from typing import (Any, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Type,
                    TypeVar, Union)

from ._base import Data, Receipt, c_name, error, ffi, invoke, lib, limit, retry
from .constants import (Access, Attribute, Cancelled, Case, Event, Flag, InfoFlag, NotifyFlag,
                        Order, Policy, Slow, State)
from .message import Call, Message, Receive, Response, Send

D = TypeVar("D", bound="Descriptor")
P = TypeVar("P", bound="Port")


class Info(NamedTuple):
    """Attributes, counters and state of a mailbox: struct ipcmbox_info."""

    mailbox: int
    capacity: int
    max_bytes: int
    max_message: int
    region_size: int
    attributes: Attribute
    state: State
    receivers: int
    senders: int
    receivers_waiting: int
    senders_waiting: int
    queued: int
    queued_bytes: int
    in_transfer: int
    sent: int
    received: int
    withdrawn: int
    expired: int
    dropped: int
    order: Order
    policy: Policy
    calls: int
    slow_mask: int
    owner_pid: int
    owner_uid: int


class Entry(NamedTuple):
    """A name, as list_names() tells of it: struct ipcmbox_entry; times are in ns."""

    name: str
    mailbox: int
    bytes: int
    received: int
    sent: int
    changed: int
    queued: int
    receivers: int
    senders: int
    mode: int
    uid: int
    gid: int
    flags: int


def attributes(*, capacity: int = 0, max_bytes: int = 0, max_message: int = 0,
               region_size: int = 0, hangup: Optional[bool] = None, order: int = Order.FIFO,
               policy: int = Policy.LONGEST, selective: bool = False, fair_share: bool = False,
               broadcast: bool = False, owned: bool = False, slow: int = Slow.BLOCK,
               slow_mask: int = 0) -> Any:
    """struct ipcmbox_attr, freed with its object; without hangup as the kind of mailbox has it."""
    attr, _ = invoke(lib.ipcmbox_attr_new)
    if not attr:
        raise MemoryError
    attr = ffi.gc(attr, lib.ipcmbox_attr_free)
    lib.ipcmbox_attr_set_capacity(attr, capacity)
    lib.ipcmbox_attr_set_max_bytes(attr, max_bytes)
    lib.ipcmbox_attr_set_max_message(attr, max_message)
    lib.ipcmbox_attr_set_region_size(attr, region_size)
    if hangup is not None:
        lib.ipcmbox_attr_set_hangup(attr, hangup)
    lib.ipcmbox_attr_set_order(attr, order)
    lib.ipcmbox_attr_set_policy(attr, policy)
    lib.ipcmbox_attr_set_selective(attr, selective)
    lib.ipcmbox_attr_set_fair_share(attr, fair_share)
    lib.ipcmbox_attr_set_broadcast(attr, broadcast)
    lib.ipcmbox_attr_set_owned(attr, owned)
    lib.ipcmbox_attr_set_slow(attr, slow)
    lib.ipcmbox_attr_set_slow_mask(attr, slow_mask)
    return attr


class Descriptor:
    """Something with a descriptor, which is closed with it."""

    _fd = -1

    def __init__(self, fd: int):
        self._fd = fd

    @property
    def closed(self) -> bool:
        return self._fd < 0

    def fileno(self) -> int:
        if self._fd < 0:
            raise ValueError(f"{type(self).__name__} is closed")
        return self._fd

    def detach(self) -> int:
        """Its descriptor, which is the caller's from now on."""
        fd = self.fileno()
        self._fd = -1
        return fd

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self: D) -> D:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def __del__(self) -> None:
        if self._fd >= 0:
            try:
                warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self)
            finally:
                self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"fd={self._fd}"
        return f"<{type(self).__module__}.{type(self).__name__} {state}>"


class Control(Descriptor):
    """/dev/ipcmbox, or the file "control" of an instance: what is made by it lives there."""

    def __init__(self, path: Optional[str] = None):
        super().__init__(retry(lib.ipcmbox_open) if path is None else
                         os.open(path, os.O_RDWR | os.O_CLOEXEC))

    def version(self) -> Tuple[int, int]:
        """Version of the ABI, and bits of what the module can do."""
        version, features = ffi.new("uint32_t *"), ffi.new("uint64_t *")
        retry(lib.ipcmbox_version, self.fileno(), version, features)
        return version[0], features[0]

    def unlink(self, name: str) -> None:
        """Take a name away; the mailbox lives on until it is closed by all."""
        retry(lib.ipcmbox_unlink_at, self.fileno(), c_name(name))

    def list_names(self) -> List[Entry]:
        result: List[Entry] = []
        cursor = ffi.new("uint64_t *")
        room = ffi.new("struct ipcmbox_entry[]", 64)
        while True:
            count = retry(lib.ipcmbox_list_at, self.fileno(), cursor, room, len(room),
                          ffi.sizeof(room[0]))
            for entry in room[0:count]:
                result.append(Entry(os.fsdecode(ffi.string(entry.name)),
                                    *(getattr(entry, name) for name in Entry._fields[1:])))
            if count < len(room):
                return result


class _Use:
    """The control that was given, left open; or one for this use only."""

    def __init__(self, control: Optional[Control]):
        self._given = control

    def __enter__(self) -> int:
        self._control = self._given or Control()
        return self._control.fileno()

    def __exit__(self, *args: object) -> None:
        if not self._given:
            self._control.close()


def unlink(name: str) -> None:
    with Control() as control:
        control.unlink(name)


def list_names() -> List[Entry]:
    with Control() as control:
        return control.list_names()


class Port(Descriptor):
    """A descriptor of a mailbox: how it is made, and what does not wait."""

    @classmethod
    def from_fd(cls: Type[P], fd: int) -> P:
        """Takes over a descriptor that was inherited or received."""
        port = cls.__new__(cls)
        Descriptor.__init__(port, fd)
        return port

    def __init__(self, fd: int):
        super().__init__(fd)

    @classmethod
    def create(cls: Type[P], capacity: int = 0, *, name: Optional[str] = None, mode: int = 0o600,
               exclusive: bool = False, flags: int = os.O_RDWR,
               control: Optional[Control] = None, **attr: Any) -> P:
        """
        Make a mailbox, or with a name open the one that is there with the same attributes. The
        attributes are those of attributes().
        """
        how = attributes(capacity=capacity, **attr)
        with _Use(control) as ctl:
            if name is None:
                return cls.from_fd(retry(lib.ipcmbox_create_at, ctl, how, flags))
            return cls.from_fd(retry(lib.ipcmbox_create_named_at, ctl, c_name(name), how,
                                     flags | (os.O_EXCL if exclusive else 0), mode))

    @classmethod
    def open(cls: Type[P], name: str, flags: int = os.O_RDWR, *, admin: bool = False,
             control: Optional[Control] = None) -> P:
        with _Use(control) as ctl:
            return cls.from_fd(retry(lib.ipcmbox_open_named_at, ctl, c_name(name),
                                     Attribute.ADMIN if admin else 0, flags))

    @classmethod
    def _pair(cls: Type[P], control: Optional[Control], flags: int, attr: Any) -> Tuple[P, P]:
        fds = ffi.new("int[2]")
        with _Use(control) as ctl:
            retry(lib.ipcmbox_pair_at, ctl, attr, flags, 0, fds)
        return cls.from_fd(fds[0]), cls.from_fd(fds[1])

    @classmethod
    def pair(cls: Type[P], capacity: int = 0, *, control: Optional[Control] = None,
             **attr: Any) -> Tuple[P, P]:
        """A mailbox with two ends: the first receives, the second sends."""
        return cls._pair(control, 0, attributes(capacity=capacity, **attr))

    @classmethod
    def duplex(cls: Type[P], capacity: int = 0, *, control: Optional[Control] = None,
               **attr: Any) -> Tuple[P, P]:
        """Two mailboxes: each end receives what the other sends."""
        return cls._pair(control, Attribute.DUPLEX, attributes(capacity=capacity, **attr))

    @classmethod
    def inbox(cls: Type[P], capacity: int = 0, *, access: int = Access.USER, gid: int = 0,
              control: Optional[Control] = None, **attr: Any) -> P:
        """Claim the inbox of this process."""
        how = attributes(capacity=capacity, **attr)
        with _Use(control) as ctl:
            return cls.from_fd(retry(lib.ipcmbox_inbox_at, ctl, how, access, gid, 0))

    @classmethod
    def open_pid(cls: Type[P], pid: int, *, control: Optional[Control] = None) -> P:
        """The inbox of another process, to send to."""
        with _Use(control) as ctl:
            return cls.from_fd(retry(lib.ipcmbox_open_pid_at, ctl, pid, 0))

    @classmethod
    def open_pidfd(cls: Type[P], pidfd: int, *, control: Optional[Control] = None) -> P:
        with _Use(control) as ctl:
            return cls.from_fd(retry(lib.ipcmbox_open_pidfd_at, ctl, pidfd, 0))

    def reopen(self: P, flags: int, *, admin: bool = False) -> P:
        """Open it again, with the same rights or fewer."""
        return self.from_fd(retry(lib.ipcmbox_reopen, self.fileno(),
                                  Attribute.ADMIN if admin else 0, flags))

    def subscribe(self: P, capacity: int, **attr: Any) -> P:
        """Get what is broadcast from now on."""
        return self.from_fd(retry(lib.ipcmbox_subscribe, self.fileno(),
                                  attributes(capacity=capacity, **attr), 0))

    def peek(self, **options: Any) -> Message:
        """The next message, which stays; BlockingIOError if there is none. Options as of recv()."""
        return Receive(**options).run(lib.ipcmbox_peek_with, self.fileno())

    def reply(self, call: Union[Message, int, Response], data: Data = b"", **options: Any) -> bool:
        """Answer a call: False if nobody waits for it any more. Never waits."""
        response = call if isinstance(call, Response) else Response(call, data, **options)
        while True:
            result, number = invoke(lib.ipcmbox_reply, self.fileno(), response.raw,
                                    ffi.sizeof(response.raw[0]))
            if result >= 0:
                return True
            if number == errno.ESTALE:
                return False
            if number != errno.EINTR:
                raise error(number)

    def cancel(self, id: int) -> Cancelled:
        """Take back a message that this process has sent."""
        return Cancelled(retry(lib.ipcmbox_cancel, self.fileno(), id))

    def notify(self, eventfd: int, events: int = Event(0), *, oneshot: bool = False) -> None:
        """Have events counted by an eventfd; -1 for no more."""
        retry(lib.ipcmbox_notify, self.fileno(), eventfd, events,
              NotifyFlag.ONESHOT if oneshot else 0)

    def info(self, *, tx: bool = False) -> Info:
        raw = ffi.new("struct ipcmbox_info *")
        retry(lib.ipcmbox_info, self.fileno(), InfoFlag.TX if tx else 0, raw, ffi.sizeof(raw[0]))
        info = Info(*(getattr(raw, name) for name in Info._fields))
        return info._replace(attributes=Attribute(info.attributes), state=State(info.state),
                             order=Order(info.order), policy=Policy(info.policy))

    def set(self, *, capacity: Optional[int] = None, max_bytes: Optional[int] = None,
            max_message: Optional[int] = None) -> None:
        """Change attributes, one after the other."""
        if capacity is not None:
            retry(lib.ipcmbox_set_capacity, self.fileno(), capacity)
        if max_bytes is not None:
            retry(lib.ipcmbox_set_max_bytes, self.fileno(), max_bytes)
        if max_message is not None:
            retry(lib.ipcmbox_set_max_message, self.fileno(), max_message)

    def drain(self) -> Tuple[int, int]:
        """Discard what is stored; how many messages and bytes."""
        messages, bytes_ = ffi.new("uint64_t *"), ffi.new("uint64_t *")
        retry(lib.ipcmbox_drain, self.fileno(), messages, bytes_)
        return messages[0], bytes_[0]

    def destroy(self) -> None:
        """End the mailbox, whoever still uses it."""
        retry(lib.ipcmbox_destroy, self.fileno())


class Mailbox(Port):
    """A mailbox whose operations wait: others of the process run on meanwhile."""

    def send(self, data: Data, **options: Any) -> Receipt:
        """
        Send a message; several buffers in a list become one. Options: type, priority, cookie,
        fds, until_taken, to_all, ticket, timeout in seconds. An error has a receipt.
        """
        return Send(data, **options).run(self.fileno())

    def recv(self, **options: Any) -> Message:
        """
        Receive a message. Options: fds, how many descriptors there is room for; type,
        type_up_to, type_not or sender, to choose; truncate, notices, timeout in seconds; size,
        the bytes to begin with: a longer message gets the room that it needs.
        """
        return Receive(**options).run(lib.ipcmbox_recv_with, self.fileno())

    def call(self, data: Data, **options: Any) -> Message:
        """
        Send a message and wait for its answer. Options: room, bytes for the answer; answer_fds;
        taken_timeout, the time until a receiver has it; and those of send().
        """
        return Call(data, **options).run(self.fileno())

    def reply_recv(self, response: Response, **options: Any) -> Message:
        """
        Give an answer, unless that was done, and receive the next message. If it raises, the
        same can be tried again.
        """
        return Receive(**options).run(lambda *receive: lib.ipcmbox_reply_recv(
            self.fileno(), *response.arguments(), *receive))

    def send_batch(self, messages: Sequence[Data], *, timeout: Optional[float] = None,
                   **options: Any) -> int:
        """Send many in one entry; how many were sent, the first ones. Raises if none was."""
        sends = [Send(data, **options) for data in messages]
        batch = _batch(sends)
        for raw, send in zip(batch, sends):
            raw.iov, raw.iovcnt = send.pieces.iov, send.pieces.count
        return retry(lib.ipcmbox_send_batch, self.fileno(), batch, len(sends), *_how(timeout))

    def recv_batch(self, count: int, *, timeout: Optional[float] = None,
                   **options: Any) -> List[Message]:
        """
        Receive a message, and as many more as there are, up to count. It waits for the first
        only, and only that one gets more room than size.
        """
        receives = [Receive(**options) for _ in range(count)]
        batch = _batch(receives)
        for raw, receive in zip(batch, receives):
            raw.iov, raw.iovcnt = receive.room.iov, 1
        how = _how(timeout)
        while True:
            done, number = invoke(lib.ipcmbox_recv_batch, self.fileno(), batch, count, *how)
            if done >= 0:
                return [receive.message() for receive in receives[:done]]
            if number != errno.EINTR and not (number == errno.EMSGSIZE and receives[0].grown()):
                raise error(number)

    def __iter__(self) -> Iterator[Message]:
        """Messages, until no sender is left."""
        while True:
            try:
                message = self.recv()
            except BrokenPipeError:
                return
            yield message


def _batch(each: Iterable[Any]) -> Any:
    each = list(each)
    batch = ffi.new("struct ipcmbox_batch_message[]", max(len(each), 1))
    for raw, one in zip(batch, each):
        raw.options, raw.options_size = one.options, ffi.sizeof(one.options[0])
        raw.result, raw.result_size = one.about, ffi.sizeof(one.about[0])
    return batch


def _how(timeout: Optional[float]) -> Tuple[Any, int]:
    how = ffi.new("struct ipcmbox_batch_options *")
    how.flags, how.deadline = limit(timeout)
    return how, ffi.sizeof(how[0])


class SendCase:
    """A send of select(): mailbox, data, and the options of send() but timeout and ticket."""

    def __init__(self, box: Port, data: Data, **options: Any):
        self.box = box
        self.what = Send(data, **options)
        self.kind, self.iov, self.count = Case.SEND, self.what.pieces.iov, self.what.pieces.count

    def result(self) -> Receipt:
        return self.what.receipt()


class RecvCase:
    """A receive of select(): mailbox, and the options of recv() but timeout."""

    def __init__(self, box: Port, **options: Any):
        self.box = box
        self.what = Receive(**options)
        self.kind, self.iov, self.count = Case.RECV, self.what.room.iov, 1

    def result(self) -> Message:
        return self.what.message()


Cases = Sequence[Union[SendCase, RecvCase]]


def select(cases: Cases, *, timeout: Optional[float] = None, ordered: bool = False,
           control: Optional[Control] = None) -> Tuple[int, Union[Message, Receipt]]:
    """
    Do exactly one of several sends and receives: the number of the case that was done, and its
    message or receipt. An error has the number of the case that failed in its attribute index,
    None if it is of none.
    """
    raw = ffi.new("struct ipcmbox_select_case[]", max(len(cases), 1))
    options = ffi.new("struct ipcmbox_select_options *")
    selected = ffi.new("struct ipcmbox_selected *")
    for to, case in zip(raw, cases):
        to.fd, to.kind, to.iov, to.iovcnt = case.box.fileno(), case.kind, case.iov, case.count
        to.options, to.options_size = case.what.options, ffi.sizeof(case.what.options[0])
        to.result, to.result_size = case.what.about, ffi.sizeof(case.what.about[0])
    options.flags, options.deadline = limit(timeout)
    if ordered:
        options.flags |= Flag.ORDERED
    with _Use(control) as ctl:
        while True:
            result, number = invoke(lib.ipcmbox_select, ctl, raw, len(cases), options,
                                    ffi.sizeof(options[0]), selected, ffi.sizeof(selected[0]))
            if result >= 0:
                return selected.index, cases[selected.index].result()
            index = selected.index if selected.index >= 0 else None
            if number == errno.EINTR:
                continue
            if number == errno.EMSGSIZE and index is not None:
                case = cases[index]
                if isinstance(case, RecvCase) and case.what.grown():
                    continue
            failure = error(number)
            failure.index = index
            raise failure
