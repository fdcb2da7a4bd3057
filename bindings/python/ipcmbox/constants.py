# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The numbers of <linux/ipcmbox.h>, under their names there without the prefix.

What each of them means is said in that header.
"""
import enum

RENDEZVOUS = 0
UNBOUNDED = 2**64 - 1
FDS_MAX = 64
IOV_MAX = 1024


class Order(enum.IntEnum):
    FIFO = 0
    LIFO = 1
    PRIORITY = 2


class Policy(enum.IntEnum):
    LONGEST = 0
    RECENT = 1
    TASK_PRIORITY = 2
    ONE_RECEIVER = 3
    EXCLUSIVE = 4


class Slow(enum.IntEnum):
    BLOCK = 0
    DROP_OLDEST = 1
    DROP_NEWEST = 2
    DISCONNECT = 3


class Access(enum.IntEnum):
    USER = 0
    GROUP = 1
    ANYONE = 2


class Disposition(enum.IntEnum):
    NOT_SENT = 0
    WITHDRAWN = 1
    QUEUED = 2
    TAKEN = 3
    REPLIED = 4
    PEER_DIED = 5


class Outcome(enum.IntEnum):
    UNANSWERED = 0
    ANSWERED = 1
    STALE = 2


class Cancelled(enum.IntEnum):
    DONE = 0
    TOO_LATE = 1
    REPLIED = 2
    UNKNOWN = 3


class Match(enum.IntEnum):
    ANY = 0
    TYPE = 1
    TYPE_MAX = 2
    TYPE_NOT = 3
    SENDER = 4


class Case(enum.IntEnum):
    SEND = 0
    RECV = 1


class Attribute(enum.IntFlag):
    NO_HANGUP = 1 << 0
    ADMIN = 1 << 1
    DUPLEX = 1 << 2
    SELECTIVE = 1 << 3
    BROADCAST = 1 << 4
    OWNED = 1 << 5
    FAIR_SHARE = 1 << 8


class Event(enum.IntFlag):
    MESSAGE = 1 << 0
    ROOM = 1 << 1
    HANGUP = 1 << 2
    LAG = 1 << 3
    NOTICE = 1 << 4


class Flag(enum.IntFlag):
    DONTWAIT = 1 << 0
    UNTIL_TAKEN = 1 << 2
    TRUNCATE = 1 << 3
    ORDERED = 1 << 5
    NOTICES = 1 << 6
    ALL = 1 << 7


class NotifyFlag(enum.IntFlag):
    ONESHOT = 1 << 0


class InfoFlag(enum.IntFlag):
    TX = 1 << 0


class MessageFlag(enum.IntFlag):
    TRUNCATED = 1 << 0
    LEFT = 1 << 1


class State(enum.IntFlag):
    DESTROYED = 1 << 0


PREFIXES = {
    Order: "IPCMBOX_",
    Policy: "IPCMBOX_",
    Slow: "IPCMBOX_SLOW_",
    Access: "IPCMBOX_ACCESS_",
    Disposition: "IPCMBOX_",
    Outcome: "IPCMBOX_",
    Cancelled: "IPCMBOX_CANCEL_",
    Match: "IPCMBOX_MATCH_",
    Case: "IPCMBOX_CASE_",
    Attribute: "IPCMBOX_",
    Event: "IPCMBOX_EVENT_",
    Flag: "IPCMBOX_",
    NotifyFlag: "IPCMBOX_",
    InfoFlag: "IPCMBOX_",
    MessageFlag: "IPCMBOX_MSG_",
    State: "IPCMBOX_STATE_",
}
