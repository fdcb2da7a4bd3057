#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
A help desk: one process answers the calls of many tasks of another, the urgent ones first, while
that counts the seconds it waits; whoever loses patience hangs up, and the desk is told.
"""
import asyncio
import os
import sys

import ipcmbox

ANNOYED, URGENT, CLOSE = 1, 2, 3


def desk(box):
    """The process that answers, in its own time."""
    seen = []
    for call in iter(lambda: box.recv(notices=True), None):
        if call.notice:
            print("desk: the caller has hung up")
        elif call.type == CLOSE:
            box.reply(call, b"closed")
            break
        elif call.type == ANNOYED:
            print("desk: one moment, please")
        else:
            seen.append(call.data.decode())
            box.reply(call, b"solved: " + call.data)
    if sorted(seen) != ["lamp", "modem", "printer"]:
        sys.exit(f"desk: not all were heard: {seen}")


async def clock(ticks):
    while True:
        await asyncio.sleep(0.05)
        ticks.append(None)


async def customers(box):
    ticks = []
    ticking = asyncio.ensure_future(clock(ticks))

    async def ask(problem, **options):
        answer = await box.call(problem, **options)
        print("customer:", answer.data.decode())

    await asyncio.gather(ask(b"printer"), ask(b"modem", priority=5, type=URGENT), ask(b"lamp"))
    try:
        await asyncio.wait_for(ask(b"the weather", type=ANNOYED), timeout=0.3)
        raise RuntimeError("somebody had an answer to that")
    except asyncio.TimeoutError:
        print("customer: I hang up")
    if not ticks:
        raise RuntimeError("the clock stood still")
    await ask(b"", type=CLOSE)
    ticking.cancel()


def main():
    with ipcmbox.aio.Mailbox.create(8, order=ipcmbox.Order.PRIORITY) as box:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            with ipcmbox.Mailbox.from_fd(box.detach()) as own:
                desk(own)
            sys.exit(0)
        asyncio.run(customers(box))
        if os.waitpid(child, 0)[1]:
            sys.exit("the desk has failed")
        print("all is solved")


if __name__ == "__main__":
    main()
