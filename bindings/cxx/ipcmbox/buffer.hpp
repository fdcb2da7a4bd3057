/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes to be sent: text, arrays, containers, and several pieces of them. */
#ifndef IPCMBOX_BUFFER_HPP
#define IPCMBOX_BUFFER_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <string>
#include <type_traits>
#include <vector>

#include <ipcmbox.h>

namespace ipcmbox
{

struct const_buffer;

namespace detail
{

/* Whether its bytes are what is meant, and not where that is: no pointer, no view of others. */
template <class T>
struct is_plain
	: std::bool_constant<
		  std::is_trivially_copyable_v<T> && std::is_object_v<T> &&
		  !std::is_pointer_v<T> && !std::is_member_pointer_v<T> &&
		  !std::is_base_of_v< ::iovec, T> &&
		  !std::is_convertible_v<std::add_lvalue_reference_t<const T>,
					 const_buffer> > {
};

template <class T, std::size_t n> struct is_plain<T[n]> : is_plain<T> {
};

template <class T, std::size_t n>
struct is_plain<std::array<T, n> > : is_plain<T> {
};

template <class C>
using element = std::remove_cv_t<
	std::remove_pointer_t<decltype(std::data(std::declval<C &>()))> >;

template <class C, class = void> struct is_contiguous : std::false_type {
};

template <class C>
struct is_contiguous<
	C, std::void_t<element<C>, decltype(std::size(std::declval<C &>()))> >
	: is_plain<element<C> > {
};

/* A literal has a 0 at its end, which is hardly meant: it is taken as text. */
template <class C>
constexpr bool is_text = std::conjunction_v<
	std::is_array<C>,
	std::is_same<std::remove_cv_t<std::remove_extent_t<C> >, char> >;

template <class C> std::size_t bytes_of(const C &c)
{
	return std::size(c) * sizeof(*std::data(c));
}

} /* namespace detail */

/* Bytes to be sent, which belong to the caller: text, an array or a container of plain data. */
struct const_buffer : ::iovec {
	const_buffer() noexcept : ::iovec{ nullptr, 0 }
	{
	}
	const_buffer(const void *data, std::size_t size) noexcept
		: ::iovec{ const_cast<void *>(data), size }
	{
	}
	const_buffer(const char *text)
		: const_buffer(text, std::char_traits<char>::length(text))
	{
	}
	template <class C,
		  std::enable_if_t<detail::is_contiguous<const C>::value &&
					   !detail::is_text<C>,
				   int> = 0>
	const_buffer(const C &c)
		: const_buffer(std::data(c), detail::bytes_of(c))
	{
	}
};

static_assert(sizeof(const_buffer) == sizeof(::iovec));

/* The pieces of a message: one, or several. Lives as long as the call that it is given to. */
class pieces {
    public:
	template <class T, std::enable_if_t<std::is_constructible_v<
						    const_buffer, const T &>,
					    int> = 0>
	pieces(const T &one)
		: one_(one)
		, first_(&one_)
		, count_(1)
	{
	}
	/* The list lives as long as the expression that it stands in, and so as the call. */
	pieces(std::initializer_list<const_buffer> list)
		: count_(list.size())
	{
		first_ = list.begin();
	}
	pieces(const std::vector<const_buffer> &list)
		: first_(list.data())
		, count_(list.size())
	{
	}
	pieces(const pieces &) = delete;
	pieces &operator=(const pieces &) = delete;

	const ::iovec *iov() const noexcept
	{
		return first_;
	}
	/* The kernel refuses more than IPCMBOX_IOV_MAX. */
	int count() const noexcept
	{
		return static_cast<int>(
			std::min<std::size_t>(count_, IPCMBOX_IOV_MAX + 1));
	}

    private:
	const_buffer one_;
	const const_buffer *first_ = nullptr;
	std::size_t count_;
};

} /* namespace ipcmbox */

#endif /* IPCMBOX_BUFFER_HPP */
