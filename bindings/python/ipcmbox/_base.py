# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the modules of the package share: the library, its errors, and how long one waits."""
import errno
import os
import time
from typing import Any, Callable, Iterable, Optional, Sequence, Tuple, Union

from . import _ffi
from .constants import FDS_MAX, Disposition, Flag

ffi: Any = _ffi.ffi
lib: Any = ffi.dlopen("libipcmbox.so.0")

Buffer = Union[bytes, bytearray, memoryview]
Data = Union[Buffer, Sequence[Buffer]]


class Receipt:
    """What became of a message: its number, and how far it came."""

    __slots__ = ("id", "disposition", "reached")

    def __init__(self, id: int, disposition: int, reached: int = 0):
        self.id = id
        self.disposition = Disposition(disposition)
        self.reached = reached

    def __repr__(self) -> str:
        return f"<Receipt {self.id} {self.disposition.name}>"


class MailboxError(OSError):
    """An error that has no class of its own in Python; see errno."""


class DestroyedError(MailboxError):
    """EIDRM: the mailbox was destroyed."""


class MessageSizeError(MailboxError):
    """EMSGSIZE: a message or an answer does not fit."""


class OwnerDiedError(MailboxError):
    """EOWNERDEAD: who had the call, or the mutex, has died with it."""


class QuotaError(MailboxError):
    """EDQUOT, ENOBUFS, EXFULL, ETOOMANYREFS: a limit is reached."""


class CancelledByOtherError(MailboxError):
    """ECANCELED: the message was cancelled or drained."""


_CLASSES = {
    errno.EIDRM: DestroyedError,
    errno.EMSGSIZE: MessageSizeError,
    errno.EOWNERDEAD: OwnerDiedError,
    errno.EDQUOT: QuotaError,
    errno.ENOBUFS: QuotaError,
    errno.EXFULL: QuotaError,
    errno.ETOOMANYREFS: QuotaError,
    errno.ECANCELED: CancelledByOtherError,
}
# OSError chooses BlockingIOError, BrokenPipeError, TimeoutError and others itself.
_BUILTIN = (errno.EAGAIN, errno.EPIPE, errno.ETIMEDOUT, errno.EINTR, errno.EACCES, errno.EPERM,
            errno.ENOENT, errno.EEXIST, errno.ESRCH)


def error(number: int, receipt: Optional[Receipt] = None) -> Any:
    """The exception of an errno; of a send or call with what became of the message."""
    kind = OSError if number in _BUILTIN else _CLASSES.get(number, MailboxError)
    result: Any = kind(number, os.strerror(number))
    result.receipt = receipt
    return result


def invoke(function: Callable[..., Any], *args: Any) -> Tuple[Any, int]:
    """
    The result of a function of the library, and errno. It leaves errno as it was: a handler of a
    signal may run when another call has returned and its errno has not been looked at yet.
    """
    before = ffi.errno
    try:
        result = function(*args)
        return result, ffi.errno
    finally:
        ffi.errno = before


def retry(function: Callable[..., int], *args: Any) -> int:
    """
    Call until no signal interrupts it (PEP 475): a handler runs in between, and may raise. The
    deadline among the arguments is an instant, and so stays what it was.
    """
    while True:
        result, number = invoke(function, *args)
        if result >= 0:
            return int(result)
        if number != errno.EINTR:
            raise error(number)


def limit(timeout: Optional[float]) -> Tuple[int, int]:
    """Flags and deadline: None waits as long as it takes, 0 not at all, else so many seconds."""
    if timeout is None:
        return 0, 0
    if timeout < 0:
        raise ValueError("timeout must not be negative")
    if timeout == 0:
        return Flag.DONTWAIT, 0
    return 0, lib.ipcmbox_deadline(min(int(timeout * 1e9), 2**63 - 1))


def before(deadline: int, most: float) -> int:
    """The earlier of a deadline and a time from now, for what no signal interrupts."""
    step = time.monotonic_ns() + int(most * 1e9)
    return min(step, deadline) if deadline else step


class Pieces:
    """A message for the library, from a buffer or several; keeps them where they are."""

    __slots__ = ("_buffers", "iov", "count")

    def __init__(self, data: Data):
        pieces = data if isinstance(data, (list, tuple)) else [data]
        self._buffers = [ffi.from_buffer(piece) for piece in pieces]
        self.count = len(self._buffers)
        self.iov = ffi.new("struct iovec[]", max(self.count, 1))
        for entry, buffer in zip(self.iov, self._buffers):
            entry.iov_base = ffi.cast("void *", buffer)
            entry.iov_len = len(buffer)


class Room:
    """Where a message and its descriptors go."""

    __slots__ = ("_bytes", "size", "iov", "fds", "nr_fds")

    def __init__(self, size: int, nr_fds: int):
        if not 0 <= nr_fds <= FDS_MAX:
            raise ValueError(f"fds must be 0 to {FDS_MAX}")
        self.nr_fds = nr_fds
        self.fds = ffi.new("int[]", max(nr_fds, 1))
        self.iov = ffi.new("struct iovec *")
        self.grow(size)

    def grow(self, size: int) -> None:
        self._bytes = ffi.new("char[]", max(size, 1))
        self.size = size
        self.iov.iov_base = self._bytes
        self.iov.iov_len = size

    def take(self, size: int) -> bytes:
        data: bytes = ffi.buffer(self._bytes, size)[:]
        return data

    def take_fds(self, count: int) -> Tuple[int, ...]:
        return tuple(self.fds[0:min(count, self.nr_fds)])


def c_name(name: str) -> bytes:
    """For the library, to which a name ends with its first 0, and is that of another mailbox."""
    result = os.fsencode(name)
    if b"\0" in result:
        raise ValueError("there is a 0 in the name")
    return result


def fd_list(fds: Iterable[Any]) -> Tuple[Any, int]:
    """Descriptors, or objects that have one, for the library."""
    numbers = [fd if isinstance(fd, int) else fd.fileno() for fd in fds]
    return ffi.new("int[]", numbers) if numbers else ffi.NULL, len(numbers)
