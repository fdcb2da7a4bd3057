/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ipcmbox for C++17: mailboxes between local processes, owned by objects.
 *
 * A thin layer over <ipcmbox.h>, which says what each operation does and which errors it has.
 * Needs libipcmbox; has no state of its own.
 *
 * Errors: std::system_error with the errno in generic_category(), so that
 * e.code() == std::errc::timed_out works. Operations that wait come in four forms:
 *
 *   recv()             waits as long as it takes
 *   try_recv()         does not wait
 *   try_recv_for()     waits for a duration
 *   try_recv_until()   waits until an instant of std::chrono::steady_clock
 *
 * The last three tell by their result, not by an exception, that it did not come to be (EAGAIN,
 * ETIMEDOUT). EINTR is passed on as an exception: whether to go on is the caller's to say.
 *
 * What an operation needs is allocated before it. So when it throws, std::bad_alloc too, a message
 * to be received is still in the mailbox, and a message to be sent was not received; of a call
 * call_error says which. No destructor throws.
 *
 * Threads: as in <ipcmbox.h>. A mailbox may be used by many at once; a message, a selector and
 * a response by one at a time.
 */
#ifndef IPCMBOX_HPP
#define IPCMBOX_HPP

#include "ipcmbox/base.hpp"
#include "ipcmbox/buffer.hpp"
#include "ipcmbox/options.hpp"
#include "ipcmbox/message.hpp"
#include "ipcmbox/mailbox.hpp"
#include "ipcmbox/control.hpp"
#include "ipcmbox/select.hpp"
#include "ipcmbox/region.hpp"

#endif /* IPCMBOX_HPP */
