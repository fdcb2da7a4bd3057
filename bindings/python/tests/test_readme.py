# SPDX-License-Identifier: GPL-2.0-only
"""The programs of the README."""
import pathlib
import re
import subprocess
import sys
import unittest

README = pathlib.Path(__file__).parent.parent / "README.md"


class Readme(unittest.TestCase):
    def test_programs(self):
        programs = re.findall(r"```python\n(.*?)```", README.read_text(), re.S)
        wanted = ["b'hello' ", "b're: question'\n"]
        self.assertEqual(len(programs), len(wanted))
        for program, output in zip(programs, wanted):
            run = subprocess.run([sys.executable, "-W", "error", "-c", program], text=True,
                                 capture_output=True, timeout=60)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertIn(output, run.stdout)
