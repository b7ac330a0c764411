"""Would something that ends before its time at another rate be noticed?"""

from __future__ import annotations

import sys
import time
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "torture"))

import rates  # noqa: E402
from api import Answer, Outcome  # noqa: E402
from rates import EARLY, FASTER, GRACE, HEARTBEAT, LENGTH, QUIET, SLOWER, Wait, watch  # noqa: E402


def wrong(took: float | None, rate: float) -> str:
    return Wait("a lease", "job", "RUNNING", 0, took).wrong(rate)


class WaitTests(unittest.TestCase):
    def test_what_ends_in_its_time_or_later_is_right(self) -> None:
        for rate in (SLOWER, FASTER):
            for late in (0, 0.5, 9):
                self.assertEqual(wrong(LENGTH / rate + late, rate), "")

    def test_what_ends_before_its_time_is_wrong(self) -> None:
        for rate in (SLOWER, FASTER):
            self.assertIn("before", wrong(LENGTH / rate - 2 * EARLY, rate))

    def test_what_does_not_end_is_wrong(self) -> None:
        self.assertIn("has not ended", wrong(None, FASTER))

    def test_a_clock_that_is_left_alone_ends_things_early_beside_a_slow_one(self) -> None:
        self.assertIn("before", wrong(LENGTH, SLOWER))

    def test_a_clock_that_is_counted_twice_ends_things_early(self) -> None:
        self.assertIn("before", wrong(LENGTH / FASTER ** 2, FASTER))

    def test_a_clock_that_is_counted_twice_gives_up_a_worker(self) -> None:
        self.assertGreaterEqual(GRACE, 2 * HEARTBEAT)
        self.assertLess(HEARTBEAT * FASTER, GRACE)
        self.assertGreater(HEARTBEAT * FASTER ** 2, GRACE)
        # And does so while the job runs.
        self.assertGreater(QUIET, 2 * HEARTBEAT)


class Turning:
    """Answers with another state from some time on."""

    def __init__(self, after: float) -> None:
        self._at = time.monotonic() + after

    def get(self, path: str) -> Answer:
        state = "RUNNING" if time.monotonic() < self._at else "QUEUED"
        return Answer(Outcome.OK, 200, {"state": state})


class Unsure:
    def get(self, path: str) -> Answer:
        return Answer(Outcome.UNKNOWN, 503)


@mock.patch.object(rates, "LENGTH", 0.3)
@mock.patch.object(rates, "LATE", 0.2)
class WatchTests(unittest.TestCase):
    def watched(self, api: object) -> list[str]:
        return watch(api, [Wait("a lease", "job", "RUNNING", time.monotonic())], 1.5, lambda: None)

    def test_what_ends_in_its_time_is_right(self) -> None:
        self.assertEqual(self.watched(Turning(0.25)), [])

    def test_what_ends_early_is_told_of(self) -> None:
        [words] = self.watched(Turning(0))
        self.assertIn("before", words)

    def test_what_does_not_end_is_told_of(self) -> None:
        for api in (Turning(60), Unsure()):
            [words] = self.watched(api)
            self.assertIn("has not ended", words)


if __name__ == "__main__":
    unittest.main()
