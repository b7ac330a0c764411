"""The checker finds what it is for. Each test breaks one promise in a history that keeps them all.

    python3 -m unittest discover -s Tests/torture
"""

from __future__ import annotations

import copy
import unittest
from typing import Any

from checker import check
from rules_attempts import flaws
from story import Verdict

Record = dict[str, Any]


def event(name: str, state: str, position: int, **fields: Any) -> Record:
    return {"event": name, "state": state, "position": str(position), **fields}


def sound_history() -> list[Record]:
    """One keyed job that failed once and was then completed by another attempt."""
    report = {"worker": "w1", "job": "j1", "outcome": "ok", "status": 200, "reason": ""}
    return [
        {"type": "submit-begins", "uids": ["u1"], "keys": ["k1"]},
        {"type": "submit", "uids": ["u1"], "keys": ["k1"], "outcome": "ok", "status": 201, "reason": "", "ids": ["j1"]},
        {"type": "got", "worker": "w1", "job": "j1", "token": 1, "attempt": 1},
        {"type": "report-begins", "worker": "w1", "job": "j1", "token": 1, "attempt": 1, "action": "fail"},
        {"type": "report", **report, "token": 1, "attempt": 1, "action": "fail"},
        {"type": "got", "worker": "w2", "job": "j1", "token": 2, "attempt": 2},
        {"type": "report-begins", "worker": "w2", "job": "j1", "token": 2, "attempt": 2, "action": "complete"},
        {"type": "report", **report, "token": 2, "attempt": 2, "action": "complete"},
        {"type": "seen", "job": "j1", "state": "SUCCEEDED", "result": ""},
        {"type": "listed", "id": "j1", "state": "SUCCEEDED", "queue": "http-a"},
        {
            "type": "job", "id": "j1", "uid": "u1", "payload": "", "queue": "http-a", "state": "SUCCEEDED",
            "attempt": 2, "key": "k1", "result": "u1:2", "failure": "",
        },
        {
            "type": "events", "id": "j1",
            "events": [
                event("submitted", "QUEUED", 1), event("started", "RUNNING", 2, attempt=1),
                event("failed", "RETRYING", 3, attempt=1), event("queued", "QUEUED", 4),
                event("started", "RUNNING", 5, attempt=2), event("completed", "SUCCEEDED", 6, attempt=2),
            ],
        },
        {"type": "queue", "name": "http-a", "succeeded": "1"},
    ]


class CheckerTests(unittest.TestCase):
    def setUp(self) -> None:
        self.history = sound_history()

    def one(self, kind: str) -> Record:
        return next(record for record in self.history if record["type"] == kind)

    def assert_blamed(self, rule: str) -> None:
        rules = {violation.split(":")[0] for violation in self.verdict().violations}
        self.assertIn(rule, rules, f"found only {rules}")

    def verdict(self) -> Verdict:
        return check(copy.deepcopy(self.history))

    def test_a_history_that_keeps_every_promise_is_clean(self) -> None:
        self.assertEqual(self.verdict().violations, [])

    def test_a_lost_job_is_found(self) -> None:
        self.history = [r for r in self.history if r["type"] not in ("job", "events", "listed", "queue")]
        self.assert_blamed("lost")

    def test_a_job_that_never_ends_is_found(self) -> None:
        self.one("job")["state"] = "QUEUED"
        self.assert_blamed("lost")

    def test_a_job_that_vanished_for_a_while_is_found(self) -> None:
        self.history.append({"type": "missing", "job": "j1"})
        self.assert_blamed("lost")

    def test_a_ghost_is_found(self) -> None:
        self.history.append({**self.one("job"), "id": "j2", "uid": "u2"})
        self.history.append({**self.one("events"), "id": "j2"})
        self.assert_blamed("ghost")

    def test_a_job_that_was_refused_and_is_there_is_found(self) -> None:
        self.history.append({"type": "submit-begins", "uids": ["u2"], "keys": []})
        self.history.append({**self.one("submit"), "uids": ["u2"], "keys": [], "outcome": "refused", "ids": []})
        self.history.append({**self.one("job"), "id": "j2", "uid": "u2", "key": ""})
        self.assert_blamed("ghost")

    def test_a_job_whose_answer_was_lost_may_be_there(self) -> None:
        self.one("submit").update(outcome="unknown", ids=[])
        self.assertEqual(self.verdict().violations, [])
        self.assertEqual(self.verdict().figures["maybe"], 1)

    def test_a_duplicate_is_found(self) -> None:
        self.history.append({**self.one("job"), "id": "j2"})
        self.assert_blamed("duplicate")

    def test_a_key_of_two_jobs_is_found(self) -> None:
        self.history.append({**self.one("submit"), "ids": ["j2"]})
        self.assert_blamed("key")

    def test_a_key_that_takes_another_request_is_found(self) -> None:
        self.history.append({"type": "conflict", "keys": ["k1"], "outcome": "ok", "status": 201, "reason": ""})
        self.assert_blamed("key")

    def test_an_outcome_that_is_accepted_twice_is_found(self) -> None:
        self.history.append({**self.one("report"), "action": "release"})
        self.assert_blamed("double")

    def test_a_job_that_two_attempts_completed_is_found(self) -> None:
        for record in self.history:
            if record["type"] == "report":
                record["action"] = "complete"
        self.assert_blamed("double")

    def test_an_accepted_outcome_that_is_not_recorded_is_found(self) -> None:
        events = self.one("events")["events"]
        events[-1] = event("cancelled", "CANCELLED", 6, attempt=2)
        self.assert_blamed("lost")

    def test_a_token_of_two_workers_is_found(self) -> None:
        self.history.append({**self.one("got"), "worker": "w3"})
        self.assert_blamed("fencing")

    def test_a_terminal_state_that_changed_is_found(self) -> None:
        self.history.append({"type": "seen", "job": "j1", "state": "CANCELLED", "result": ""})
        self.assert_blamed("final")

    def test_a_dead_job_may_come_back_by_a_redrive_only(self) -> None:
        self.history.append({"type": "seen", "job": "j1", "state": "DEAD", "result": ""})
        self.assert_blamed("final")

    def test_a_false_result_is_found(self) -> None:
        self.one("job")["result"] = "u1:1x"
        self.assert_blamed("result")

    def test_a_cancellation_that_nobody_asked_for_is_found(self) -> None:
        self.one("events")["events"][-1] = event("cancelled", "CANCELLED", 6)
        self.assert_blamed("steering")

    def test_an_acknowledged_redrive_that_is_not_recorded_is_found(self) -> None:
        self.history.append({"type": "steer-begins", "action": "redrive", "job": "j1"})
        self.history.append(
            {
                "type": "steer", "action": "redrive", "job": "j1", "outcome": "ok", "status": 200, "reason": "",
                "state": "",
            })
        self.assert_blamed("steering")

    def test_a_list_that_differs_from_get_is_found(self) -> None:
        self.one("listed")["state"] = "DEAD"
        self.assert_blamed("list")

    def test_a_wrong_count_of_a_queue_is_found(self) -> None:
        self.one("queue")["succeeded"] = "2"
        self.assert_blamed("list")

    def test_too_few_counted_jobs_are_found(self) -> None:
        self.history.append({"type": "counted", "queue": "bench", "jobs": 5, "outcome": "ok", "reason": ""})
        self.assert_blamed("counted")

    def test_a_completion_that_ran_nowhere_is_found(self) -> None:
        self.one("job").update(queue="exec", result="u1:2")
        self.assert_blamed("result")


class PathTests(unittest.TestCase):
    def assert_flawed(self, *events: Record) -> None:
        self.assertNotEqual(list(flaws(list(events))), [])

    def test_nothing_follows_success(self) -> None:
        self.assert_flawed(
            event("submitted", "QUEUED", 1), event("started", "RUNNING", 2, attempt=1),
            event("completed", "SUCCEEDED", 3, attempt=1), event("cancelled", "CANCELLED", 4))

    def test_a_running_job_is_not_started_again(self) -> None:
        self.assert_flawed(
            event("submitted", "QUEUED", 1), event("started", "RUNNING", 2, attempt=1),
            event("started", "RUNNING", 3, attempt=2))

    def test_an_attempt_is_not_skipped(self) -> None:
        self.assert_flawed(event("submitted", "QUEUED", 1), event("started", "RUNNING", 2, attempt=2))

    def test_events_stand_in_the_order_of_the_log(self) -> None:
        self.assert_flawed(event("submitted", "QUEUED", 2), event("cancelled", "CANCELLED", 1))

    def test_a_released_attempt_does_not_count(self) -> None:
        events = [
            event("submitted", "QUEUED", 1), event("started", "RUNNING", 2, attempt=1),
            event("released", "QUEUED", 3, attempt=1), event("started", "RUNNING", 4, attempt=1),
        ]
        self.assertEqual(list(flaws(events)), [])


if __name__ == "__main__":
    unittest.main()
