# SPDX-License-Identifier: GPL-2.0-only
"""What the scripts of the bench share: the JSON that ipcmbox-bench writes, and ratios in it."""
import json
import statistics
import sys


def fail(text):
    """Ends the script with a line."""
    sys.exit(f"{sys.argv[0].rsplit('/', 1)[-1]}: {text}")


class Results:
    """A run of the bench."""

    def __init__(self, path):
        try:
            with open(path, encoding="utf-8") as file:
                data = json.load(file)
            self.machine = data["machine"]
            self.all = data["results"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            fail(f"{path}: {error}")
        self.path = path
        self.measured = [r for r in self.all if "rounds" in r]
        self.by_key = {(r["cell"], r["point"], r["peer"]): r for r in self.measured}

    def cells(self):
        """Names of the cells, in their order."""
        return list(dict.fromkeys(r["cell"] for r in self.all))

    def of_cell(self, cell):
        """All that was measured in a cell."""
        return [r for r in self.measured if r["cell"] == cell]

    def rounds(self, cell, point, who):
        """
        The value of each round: of a peer by its name, or of the best one of the kinds in
        "kernel", "kernel+shared" or so. None if there is nothing.
        """
        if (cell, point, who) in self.by_key:
            return self.by_key[cell, point, who]["rounds"]
        kinds = who.split("+")
        rounds = [r["rounds"] for r in self.of_cell(cell)
                  if r["point"] == point and r["kind"] in kinds]
        return [min(values) for values in zip(*rounds)] or None


def ratio(values, against):
    """The median of the ratios within each round, and the lowest and highest."""
    ratios = [a / b for a, b in zip(values, against)]
    return statistics.median(ratios), min(ratios), max(ratios)


def table_lines(path):
    """The lines of a table in a text file, split into words."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.split("#")[0].split() for line in file]
    except OSError as error:
        fail(error)
    return [words for words in lines if words]
