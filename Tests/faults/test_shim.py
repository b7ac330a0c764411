"""Does the shim do what it is told, and nothing else? A few lines of Python stand for the server."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from disk import CREATED, SYNCED, WRITTEN, steps
from shim import Shim, build

#: Writes and syncs a file of the folder three times; says what came of each.
WRITES = """
import os, sys
file = os.open(sys.argv[1] + "/log", os.O_CREAT | os.O_RDWR)
for number in range(3):
    try:
        os.pwrite(file, b"abcd", 4 * number)
        os.fsync(file)
        print("ok")
    except OSError as error:
        print(error.errno)
"""
#: How far two clocks get while one that is left alone gets 0.1 s on: at least and at most, for it is read before and
#: after the others. Then what the wall's clock said.
CLOCKS = """
import time
alone = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)
look = lambda: (alone(), time.time(), time.monotonic(), alone())
first = last = look()
while last[0] < first[3] + 0.1: last = look()
for clock in (1, 2):
    print((last[clock] - first[clock]) / (last[3] - first[0]), (last[clock] - first[clock]) / (last[0] - first[3]))
print(first[1])
"""


class ShimTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.made = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.made.cleanup)
        cls.library = build(Path(cls.made.name))

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=self.made.name))
        self.data, self.trace = self.folder / "data", self.folder / "trace"
        self.data.mkdir()
        self.shim = Shim(self.library, self.data, self.folder / "control", self.trace)
        self.addCleanup(self.shim.close)

    def run_it(self, program: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", program, str(self.data)], env={**os.environ, **self.shim.env}, check=True,
            capture_output=True, text=True)
        return done.stdout.split()

    def test_left_alone_it_changes_nothing_and_counts_and_writes_down(self) -> None:
        self.assertEqual(self.run_it(WRITES), ["ok"] * 3)
        self.assertEqual((self.data / "log").read_bytes(), b"abcd" * 3)
        self.assertEqual((self.shim.calls["write"], self.shim.calls["sync"], self.shim.failed), (3, 3, 0))
        kinds = [step.kind for step in steps(self.trace)]
        self.assertEqual(kinds, [CREATED, WRITTEN, SYNCED, WRITTEN, SYNCED, WRITTEN, SYNCED])

    def test_the_chosen_call_fails_once_or_for_ever(self) -> None:
        self.shim.fail("write", 2, errno.EIO, forever=False)
        self.assertEqual(self.run_it(WRITES), ["ok", str(errno.EIO), "ok"])
        self.assertEqual(self.shim.failed, 1)

    def test_all_calls_after_it_may_fail_too(self) -> None:
        self.shim.fail("sync", 2, errno.ENOSPC, forever=True)
        self.assertEqual(self.run_it(WRITES), ["ok", str(errno.ENOSPC), str(errno.ENOSPC)])

    def test_syncs_of_the_view_are_of_their_own_kind(self) -> None:
        self.shim.fail("view-sync", 2, errno.EIO, forever=False)
        self.assertEqual(self.run_it(WRITES), ["ok"] * 3)
        self.assertEqual(self.run_it(WRITES.replace("/log", "/view.db-wal")), ["ok", str(errno.EIO), "ok"])
        self.assertEqual((self.shim.calls["sync"], self.shim.calls["view-sync"]), (3, 3))

    def assert_rate(self, rate: float) -> float:
        """Returns what the wall's clock said."""
        *bounds, wall = map(float, self.run_it(CLOCKS))
        for least, most in (bounds[:2], bounds[2:]):
            self.assertLess(least, rate + 0.001)
            self.assertGreater(most, rate - 0.001)
        return wall

    def test_clocks_run_at_the_rate_that_they_are_given(self) -> None:
        for rate in (1.0, 0.75, 1.5):
            self.shim.drift(rate)
            self.assert_rate(rate)

    def test_the_wall_s_clock_moves_by_itself(self) -> None:
        self.shim.move_clock(10)
        self.assertAlmostEqual(self.assert_rate(1.0) - time.time(), 10 * 86_400, delta=60)


if __name__ == "__main__":
    unittest.main()
