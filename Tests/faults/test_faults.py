"""What the command runs, and how it tells what came of it."""

from __future__ import annotations

import contextlib
import io
import unittest
from argparse import Namespace
from collections import Counter
from unittest import mock

from faults import PARTS, Faults, tell, wanted


def chosen(parts: str = "", point: list[str] | None = None) -> Namespace:
    return Namespace(parts=parts, point=point or [])


class PartTests(unittest.TestCase):
    def test_every_part_is_there(self) -> None:
        for name in PARTS:
            self.assertTrue(callable(getattr(Faults, name)), name)

    def test_all_are_run_unless_some_are_named(self) -> None:
        with mock.patch("os.geteuid", return_value=0):
            self.assertEqual(wanted(chosen()), list(PARTS))
            self.assertEqual(wanted(chosen("full,cuts")), ["full", "cuts"])
        self.assertEqual(wanted(chosen(point=["sync:1:EIO:once"])), ["points"])

    def test_a_part_that_is_not_there_is_refused(self) -> None:
        with self.assertRaisesRegex(SystemExit, "no such part: ful;"):
            wanted(chosen("ful"))

    def test_without_root_the_full_disk_is_refused_and_nothing_left_out(self) -> None:
        with mock.patch("os.geteuid", return_value=1000):
            with self.assertRaisesRegex(SystemExit, "only root.*\n.*--parts points,cuts,corruptions,slow,stopped,"):
                wanted(chosen())
            with self.assertRaisesRegex(SystemExit, "Run this as root$"):
                wanted(chosen("full"))
            self.assertEqual(wanted(chosen("cuts,slow")), ["cuts", "slow"])


class TellTests(unittest.TestCase):
    def told(self, part) -> tuple[list[str], str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            return tell("points", part), out.getvalue(), err.getvalue()

    def test_faults_are_what_is_done_and_violations_what_is_broken(self) -> None:
        violations, out, err = self.told(lambda: (Counter({"faults of sync": 3}), ["a job was lost"]))
        self.assertEqual(violations, ["a job was lost"])
        self.assertRegex(out, r"faults of sync +3\n +violations +1\n")
        self.assertEqual(err, "VIOLATION points: a job was lost\n")

    def test_a_part_that_breaks_off_is_not_one_that_was_kept(self) -> None:
        violations, _, err = self.told(lambda: {}["nothing"])
        self.assertEqual(violations, ["KeyError: 'nothing'"])
        self.assertIn("VIOLATION", err)


if __name__ == "__main__":
    unittest.main()
