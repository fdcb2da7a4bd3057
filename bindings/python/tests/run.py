# SPDX-License-Identifier: GPL-2.0-only
"""Runs the tests of a module, and prints TAP with the plan first; ResourceWarnings are shown."""
import sys
import traceback
import unittest


class Result(unittest.TestResult):
    count = 0

    def _print(self, ok, test, note="", about=""):
        self.count += 1
        for line in about.rstrip().splitlines():
            print("#", line)
        print(f"{'ok' if ok else 'not ok'} {self.count} {test.id()}{note}", flush=True)

    def addSuccess(self, test):
        self._print(True, test)

    def addSkip(self, test, reason):
        self._print(True, test, f" # SKIP {reason}")

    def _failed(self, test, error):
        self._print(False, test, about="".join(traceback.format_exception(*error)))

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSubTest(self, test, subtest, error):
        if error:
            raise NotImplementedError("subtests")


def main():
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
    print(f"1..{suite.countTestCases()}", flush=True)
    result = Result()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
