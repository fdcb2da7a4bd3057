# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the package share."""
import contextlib
import os
import signal
import threading
import time
import unittest


def open_fds():
    return len(os.listdir("/proc/self/fd"))


@contextlib.contextmanager
def child(function):
    """A child that runs function; its end is waited for, and must be a good one."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.alarm(20)
            function()
            status = 0
        finally:
            os._exit(status)
    yield pid
    status = os.waitpid(pid, 0)[1]
    if status:
        raise AssertionError(f"the child ended with {status}")


@contextlib.contextmanager
def thread(function, *args):
    """A thread, whose exception is raised where it is joined."""
    failures = []

    def run():
        try:
            function(*args)
        except BaseException as raised:
            failures.append(raised)

    other = threading.Thread(target=run)
    other.start()
    yield other
    other.join()
    if failures:
        raise failures[0]


def until(condition):
    """Until something that others do is done; a test that hangs here is ended by its alarm."""
    while not condition():
        time.sleep(0.002)


class TestCase(unittest.TestCase):
    """With a limit of time, and no descriptor left behind."""

    def setUp(self):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(30)
        self._fds = open_fds()

    def tearDown(self):
        self.assertEqual(open_fds(), self._fds, "descriptors were left open")
        signal.alarm(0)

    def errno_of(self, function, *args, **kwargs):
        with self.assertRaises(OSError) as raised:
            function(*args, **kwargs)
        return raised.exception.errno
