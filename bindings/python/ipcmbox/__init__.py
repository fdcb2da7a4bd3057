# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Mailboxes between local processes.

ipcmbox.Mailbox waits in its calls; ipcmbox.aio.Mailbox is for asyncio. What each operation does is
said in <ipcmbox.h> and Documentation/ipcmbox.rst; the names are the same.
"""
from . import aio
from ._base import (Buffer, CancelledByOtherError, Data, DestroyedError, MailboxError,
                    MessageSizeError, OwnerDiedError, QuotaError, Receipt)
from .constants import (FDS_MAX, RENDEZVOUS, UNBOUNDED, Access, Attribute, Cancelled, Disposition,
                        Event, Order, Outcome, Policy, Slow, State)
from .mailbox import (Control, Entry, Info, Mailbox, Port, RecvCase, SendCase, list_names, select,
                      unlink)
from .message import Message, Response, Ticket
from .region import SYNC_SIZE, Condition, Mutex, Region, Semaphore

__all__ = [
    "aio", "Access", "Attribute", "Buffer", "Cancelled", "CancelledByOtherError", "Condition",
    "Control", "Data", "DestroyedError", "Disposition", "Entry", "Event", "FDS_MAX", "Info",
    "Mailbox", "MailboxError", "Message", "MessageSizeError", "Mutex", "Order", "Outcome",
    "OwnerDiedError", "Policy", "Port", "QuotaError", "RENDEZVOUS", "Receipt", "RecvCase", "Region",
    "Response", "SYNC_SIZE", "Semaphore", "SendCase", "Slow", "State", "Ticket", "UNBOUNDED",
    "list_names", "select", "unlink",
]
