/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests that print KTAP: each runs in a process of its own, with a limit of time, and
 * fails by the first check that does not hold or by an exception that nobody expects.
 */
#ifndef HARNESS_HPP
#define HARNESS_HPP

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <system_error>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace test
{

struct one {
	const char *name;
	void (*run)();
};

inline std::vector<one> &all()
{
	static std::vector<one> tests;

	return tests;
}

struct registered {
	registered(const char *name, void (*run)())
	{
		all().push_back({ name, run });
	}
};

[[noreturn]] inline void failed(const char *file, int line, const char *what)
{
	std::printf("# %s:%d: not true: %s\n", file, line, what);
	std::fflush(stdout);
	std::_Exit(1);
}

/* The errno of the std::system_error that f throws; 0 if it throws none. */
template <class F> int error_of(F &&f)
{
	try {
		std::forward<F>(f)();
	} catch (const std::system_error &e) {
		return e.code().value();
	}
	return 0;
}

/* A child of fork() that runs f; its end is waited for, and must be a good one. */
class child {
    public:
	template <class F> explicit child(F &&f)
	{
		std::fflush(stdout);
		pid_ = fork();
		if (pid_ == 0) {
			std::forward<F>(f)();
			std::fflush(stdout);
			std::_Exit(0);
		}
	}
	child(const child &) = delete;
	child &operator=(const child &) = delete;
	pid_t pid() const
	{
		return pid_;
	}
	bool ends_well()
	{
		int status = -1;

		return pid_ > 0 && waitpid(pid_, &status, 0) == pid_ &&
		       status == 0;
	}

    private:
	pid_t pid_;
};

inline int run_all(unsigned int seconds)
{
	int failures = 0;
	std::size_t i = 0;

	std::printf("KTAP version 1\n1..%zu\n", all().size());
	for (const one &t : all()) {
		child c([&] {
			alarm(seconds);
			try {
				t.run();
			} catch (const std::exception &e) {
				failed(t.name, 0, e.what());
			}
		});
		const bool ok = c.ends_well();

		std::printf("%s %zu %s\n", ok ? "ok" : "not ok", ++i, t.name);
		failures += !ok;
	}
	return failures ? 1 : 0;
}

} /* namespace test */

#define TEST(name)                                                           \
	static void test_##name();                                           \
	static const test::registered registered_##name(#name, test_##name); \
	static void test_##name()

#define CHECK(condition)                                              \
	do {                                                          \
		if (!(condition))                                     \
			test::failed(__FILE__, __LINE__, #condition); \
	} while (0)

#endif /* HARNESS_HPP */
