# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Regions of shared memory, and what processes synchronise by in them.

A signal does not end a wait for a mutex or a condition, so these wait in steps: Python's handlers
run in between.
"""
import errno
import fcntl
import os
from typing import Any, Callable, Optional

from ._base import before, error, ffi, invoke, lib, limit, retry
from .mailbox import Port

#: bytes that an object of this module takes, at a multiple of 8
SYNC_SIZE = 64

_STEP = 0.1


class Region:
    """
    A mapping of the region of a mailbox, which it outlives. It ends when neither this object nor
    a memoryview or an object in it is left.
    """

    def __init__(self, box: Port):
        writable = fcntl.fcntl(box.fileno(), fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
        region, number = invoke(lib.ipcmbox_region_map, box.fileno())
        if not region:
            raise error(number)
        self.size: int = lib.ipcmbox_region_size(region)
        self.pointer = ffi.gc(ffi.cast("char *", lib.ipcmbox_region_addr(region)),
                              lambda _: invoke(lib.ipcmbox_region_unmap, region))
        # The buffer keeps the pointer alive, and each view the buffer.
        view = memoryview(ffi.buffer(self.pointer, self.size))
        self.view = view if writable else view.toreadonly()

    def __len__(self) -> int:
        return self.size

    def at(self, kind: str, offset: int) -> Any:
        """The address of an object of this module."""
        if offset < 0 or offset % 8 or offset + SYNC_SIZE > self.size:
            raise ValueError("an object needs 64 bytes of the region, at a multiple of 8")
        if self.view.readonly:
            raise ValueError("the region is mapped for reading")
        return ffi.cast(kind + " *", self.pointer + offset)


class Mutex:
    """
    A robust mutex at an offset of a region; one process makes it with create. It belongs to a
    thread. Where its last owner died with it, who gets it next calls repair; without one, or if it
    raises, the mutex is lost for all: OwnerDiedError, and then ENOTRECOVERABLE.
    """

    def __init__(self, region: Region, offset: int, *, create: bool = False,
                 repair: Optional[Callable[[], object]] = None):
        self._region = region
        self.pointer = region.at("pthread_mutex_t", offset)
        self.repair = repair
        if create:
            retry(lib.ipcmbox_mutex_init, self.pointer)

    def acquire(self, *, timeout: Optional[float] = None) -> bool:
        """False if it did not become free in time."""
        deadline = limit(timeout)[1]
        while True:
            if timeout == 0:
                result, number = invoke(lib.ipcmbox_mutex_trylock, self.pointer)
            else:
                result, number = invoke(lib.ipcmbox_mutex_lock, self.pointer,
                                        before(deadline, _STEP))
            if not result:
                return True
            if number == errno.EOWNERDEAD:
                self.inherited()
                return True
            if number == errno.EBUSY:
                return False
            if number != errno.ETIMEDOUT:
                raise error(number)
            if deadline and before(deadline, 0) == deadline:
                return False

    def inherited(self) -> None:
        """It is locked, and its last owner has died."""
        try:
            if self.repair is None:
                raise error(errno.EOWNERDEAD)
            self.repair()
        except BaseException:
            invoke(lib.ipcmbox_mutex_unlock, self.pointer)
            raise
        retry(lib.ipcmbox_mutex_consistent, self.pointer)

    def release(self) -> None:
        retry(lib.ipcmbox_mutex_unlock, self.pointer)

    def __enter__(self) -> "Mutex":
        self.acquire()
        return self

    def __exit__(self, kind: object, raised: object, trace: object) -> None:
        try:
            self.release()
        except PermissionError:
            # A wait that inherited it, and could not repair, has lost it: that is what is told.
            if raised is None:
                raise

    def destroy(self) -> None:
        retry(lib.ipcmbox_mutex_destroy, self.pointer)


class Condition:
    """A condition at an offset of a region, with a mutex that who waits has acquired."""

    def __init__(self, region: Region, offset: int, mutex: Mutex, *, create: bool = False):
        self._region = region
        self._mutex = mutex
        self.pointer = region.at("pthread_cond_t", offset)
        if create:
            retry(lib.ipcmbox_cond_init, self.pointer)

    def wait_for(self, predicate: Callable[[], object], *,
                 timeout: Optional[float] = None) -> bool:
        """Wait until the predicate is true; False if that was not in time."""
        deadline = limit(timeout)[1]
        while not predicate():
            if timeout == 0 or (deadline and before(deadline, 0) == deadline):
                return False
            result, number = invoke(lib.ipcmbox_cond_wait, self.pointer, self._mutex.pointer,
                                    before(deadline, _STEP))
            if not result:
                continue
            if number == errno.EOWNERDEAD:
                self._mutex.inherited()
            elif number != errno.ETIMEDOUT:
                raise error(number)
        return True

    def notify(self) -> None:
        retry(lib.ipcmbox_cond_signal, self.pointer)

    def notify_all(self) -> None:
        retry(lib.ipcmbox_cond_broadcast, self.pointer)

    def destroy(self) -> None:
        retry(lib.ipcmbox_cond_destroy, self.pointer)


class Semaphore:
    """A counting semaphore at an offset of a region; one process makes it with a value."""

    def __init__(self, region: Region, offset: int, *, value: Optional[int] = None):
        self._region = region
        self.pointer = region.at("sem_t", offset)
        if value is not None:
            retry(lib.ipcmbox_sem_init, self.pointer, value)

    def acquire(self, *, timeout: Optional[float] = None) -> bool:
        """False if it could not enter in time."""
        deadline = 1 if timeout == 0 else limit(timeout)[1]
        try:
            retry(lib.ipcmbox_sem_wait, self.pointer, deadline)
        except TimeoutError:
            return False
        return True

    def release(self) -> None:
        retry(lib.ipcmbox_sem_post, self.pointer)

    def __enter__(self) -> "Semaphore":
        self.acquire()
        return self

    def __exit__(self, *args: object) -> None:
        self.release()

    def destroy(self) -> None:
        retry(lib.ipcmbox_sem_destroy, self.pointer)
