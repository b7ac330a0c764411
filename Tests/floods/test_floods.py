"""The rules of the floods, each broken once. Run: python3 -m unittest discover -s Tests/floods"""

from __future__ import annotations

import unittest

import frames
import wire
from attacker import ATTACKS
from floods import length
from judge import GROWTH, Facts, Sample, is_within_factor, offenders, percentile, verdicts

CALM = 5.0


def facts(**changes) -> Facts:
    samples = [Sample(number / 100, 3.0, "http_get", "ok") for number in range(1000)]
    report = {
        "connections": 4, "wanted": 4, "refused": 0, "sent": 100, "bytes": 1000, "answers": {"goaway 11": 4}, "cuts": 4,
        "uncut": 0.1, "first_cut": 0.1, "median_cut": 0.2, "last_cut": 0.3,
    }
    made = Facts(
        "ping", samples, before=100, peak=200, after=150, descriptors_before=9, descriptors_after=9, seconds=8.0,
        reports={"ping": report})
    for name, value in changes.items():
        if name in report:
            report[name] = value
        else:
            setattr(made, name, value)
    return made


def wrong(made: Facts, limit: float | None = 5.0, allowed: tuple = ()) -> list[str]:
    return list(verdicts(made, CALM, {"ping": limit}, {"ping": allowed}))


class Verdicts(unittest.TestCase):
    def test_nothing_is_wrong_with_a_good_run(self) -> None:
        self.assertEqual(wrong(facts()), [])

    def test_a_server_that_ended_is_found(self) -> None:
        self.assertEqual(len(wrong(facts(died=-5))), 1)
        self.assertEqual(len(wrong(facts(exit_code=70))), 1)

    def test_unanswered_requests_are_found(self) -> None:
        made = facts()
        made.samples[1:3] = [Sample(0, 3.0, "http_get", "TimeoutError")] * 2
        self.assertEqual(len(wrong(made)), 1)
        made.samples[2] = made.samples[0]
        self.assertEqual(wrong(made), [])
        self.assertEqual(len(wrong(facts(samples=[]))), 1)

    def test_requests_of_which_nothing_is_known_are_found(self) -> None:
        self.assertEqual(wrong(facts(due=1003)), [])
        self.assertEqual(len(wrong(facts(due=1010))), 1)

    def test_a_very_slow_server_is_found(self) -> None:
        self.assertEqual(len(wrong(facts(samples=[Sample(0, 501.0, "http_get", "ok")] * 10))), 1)
        self.assertEqual(wrong(facts(samples=[Sample(0, 499.0, "http_get", "ok")] * 10)), [])

    def test_memory_that_grows_or_stays_is_found(self) -> None:
        self.assertEqual(len(wrong(facts(peak=101 + GROWTH))), 1)
        self.assertEqual(len(wrong(facts(after=101 + GROWTH))), 1)

    def test_sockets_that_stay_are_found(self) -> None:
        self.assertEqual(len(wrong(facts(descriptors_after=10))), 1)

    def test_offenders_that_live_are_found(self) -> None:
        self.assertEqual(len(wrong(facts(last_cut=5.1))), 1)
        self.assertEqual(len(wrong(facts(uncut=5.1))), 1)
        self.assertEqual(len(wrong(facts(cuts=0, last_cut=None))), 1)
        self.assertEqual(wrong(facts(uncut=5.1), limit=None), [])

    def test_an_attack_that_did_nothing_is_found(self) -> None:
        self.assertEqual(len(wrong(facts(connections=0, wanted=0))), 1)
        self.assertEqual(wrong(facts(connections=3)), ["ping: 3 of 4 connections were made"])

    def test_answers_that_may_not_be_are_found(self) -> None:
        self.assertEqual(len(wrong(facts(answers={"200": 1, "431": 3}), allowed=("431",))), 1)
        self.assertEqual(len(wrong(facts(answers={}), allowed=("431",))), 1)
        self.assertEqual(wrong(facts(answers={"431": 3}), allowed=("431",)), [])

    def test_the_figure_is_twice_the_calm(self) -> None:
        self.assertTrue(is_within_factor(facts(samples=[Sample(0, 10.0, "", "ok")]), CALM))
        self.assertFalse(is_within_factor(facts(samples=[Sample(0, 10.1, "", "ok")]), CALM))
        self.assertEqual(percentile([Sample(0, float(ms), "", "ok") for ms in range(1, 101)], 0.99), 99.0)

    def test_of_300_requests_the_p99_is_the_fourth_worst(self) -> None:
        for total, worse in ((300, 3), (600, 6)):
            samples = [Sample(0, float(ms), "", "ok") for ms in range(1, total + 1)]
            self.assertEqual(percentile(samples, 0.99), total - worse)


class Lengths(unittest.TestCase):
    """Every limit can be missed in the attack's own scene: no rule of the cuts is one that nothing could break."""

    def setUp(self) -> None:
        self.limits = {name: attack.cut_within for name, attack in ATTACKS.items() if attack.cut_within is not None}

    def told(self, name: str, **changes) -> list[str]:
        report = {"connections": 1, "wanted": 1, "sent": 1, "cuts": 0, "last_cut": None, "uncut": 0.0, **changes}
        return list(offenders(name, report, length(name), self.limits[name]))

    def test_a_scene_is_longer_than_its_attack_s_limit(self) -> None:
        for name, limit in self.limits.items():
            self.assertGreaterEqual(length(name), limit + 1, name)

    def test_each_scene_can_show_that_nobody_was_cut(self) -> None:
        for name in self.limits:
            self.assertEqual(self.told(name), [f"{name}: nobody was cut"])

    def test_each_scene_can_show_an_offender_that_was_let_live(self) -> None:
        for name in self.limits:
            # One that began half a second after the scene, and was never cut.
            [words] = self.told(name, cuts=3, last_cut=0.1, uncut=length(name) - 0.5)
            self.assertIn("was let live", words)

    def test_each_scene_can_be_passed(self) -> None:
        for name, limit in self.limits.items():
            self.assertEqual(self.told(name, cuts=1, last_cut=limit), [])

    def test_quick_scenes_without_a_limit_stay_short(self) -> None:
        self.assertEqual(length("json-bombs"), 3.0)
        self.assertEqual(length("slow-head-grpc"), 135.0)


class Bytes(unittest.TestCase):
    def test_frames_are_read_wherever_they_are_cut(self) -> None:
        sent = frames.settings(window=0) + frames.ping(7) + frames.data(3, b"abc", frames.END_STREAM)
        for size in range(1, len(sent) + 1):
            reader = frames.Reader()
            found = [one for at in range(0, len(sent), size) for one in reader.read(sent[at : at + size])]
            self.assertEqual([kind for kind, *_ in found], [frames.SETTINGS, frames.PING, frames.DATA])
            self.assertEqual(found[2], (frames.DATA, frames.END_STREAM, 3, b"abc"))

    def test_header_fields_are_what_hpack_reads(self) -> None:
        from hpack import Decoder

        block = frames.call_head(wire.GET_JOB, ("long", "x" * 5000))
        self.assertEqual(dict(Decoder().decode(block))["long"], "x" * 5000)
        self.assertEqual(dict(Decoder().decode(block))[":path"], wire.GET_JOB)

    def test_long_numbers_take_more_bytes(self) -> None:
        self.assertEqual(wire.field(1, 300), b"\x08\xac\x02")
        self.assertEqual(wire.field(2, "x" * 200)[:3], b"\x12\xc8\x01")


if __name__ == "__main__":
    unittest.main()
