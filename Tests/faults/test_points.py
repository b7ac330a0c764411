"""Which calls of the script are failed."""

from __future__ import annotations

import unittest
from pathlib import Path
from unittest import mock

from points import KINDS, Points, Tale


class PointTests(unittest.TestCase):
    def all(self, calls: dict[str, int]) -> list:
        """The points of a script that makes so many calls of each kind."""
        points = Points(Path("martlet"), Path("shim"), Path("folder"))
        with mock.patch.object(points, "tell", return_value=Tale(calls=calls)):
            return points.all()

    def test_each_call_is_failed_for_each_reason_once_and_for_ever(self) -> None:
        points = self.all(dict.fromkeys(KINDS, 1))
        # One call, one more for threads that differ, each for ever or not.
        self.assertEqual(sum(point.kind == "sync" for point in points), 2 * 2 * 2)
        self.assertEqual(sum(point.kind == "write" for point in points), 2 * 3 * 2)

    def test_a_script_that_makes_no_call_of_a_kind_is_told_of(self) -> None:
        for kind in KINDS:
            with self.assertRaisesRegex(ValueError, f"the script makes no {kind}"):
                self.all({other: 1 for other in KINDS if other != kind})
            with self.assertRaisesRegex(ValueError, f"the script makes no {kind}"):
                self.all(dict.fromkeys(KINDS, 1) | {kind: 0})


if __name__ == "__main__":
    unittest.main()
