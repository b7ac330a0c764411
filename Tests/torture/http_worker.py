"""A worker over HTTP, a process of its own that may be killed at any moment: lease, extend, complete, fail, release."""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

from api import Answer, Api, Outcome
from history import History
from plans import HTTP_QUEUES

LEASE_SECONDS = 2.0


class Worker:
    """One thread's worth of work."""

    def __init__(self, name: str, port: int, history: History, seed: str) -> None:
        self._name = name
        self._api = Api(port)
        self._history = history
        self._random = random.Random(seed)

    def run(self) -> None:
        while True:
            answer = self._api.post(
                "/v1/attempts:lease",
                {"queues": list(HTTP_QUEUES), "limit": self._random.randint(1, 4), "wait": "5s",
                 "lease": f"{LEASE_SECONDS}s"},
            )
            if not answer.is_ok:
                time.sleep(0.05)
                continue
            attempts = answer.body.get("attempts", [])
            for attempt in attempts:
                self._history.write(
                    "got", worker=self._name, job=attempt["jobId"], token=int(attempt["token"]),
                    attempt=attempt["attempt"])
            for attempt in attempts:
                self._work(attempt)

    def _work(self, attempt: dict[str, Any]) -> None:
        payload = json.loads(base64.b64decode(attempt["payload"]))
        plan, number = payload["plan"], attempt["attempt"]
        if plan == "poison":
            os.kill(os.getpid(), signal.SIGKILL)
        elif plan == "fail-always" or (plan == "fail-once" and number == 1):
            self._report(attempt, "fail", {"failure": {"code": "torture", "message": plan}, "retryAfter": "0.2s"})
        elif plan == "refuse":
            self._report(attempt, "fail", {"failure": {"code": "refused", "message": plan}, "isFinal": True})
        elif plan == "release-once" and self._random.random() < 0.5:
            self._report(attempt, "release", {})
        else:
            self._finish(attempt, plan, payload["uid"])

    def _finish(self, attempt: dict[str, Any], plan: str, uid: str) -> None:
        if plan == "extend":
            for _ in range(self._random.randint(1, 3)):
                self._report(attempt, "extend", {"lease": f"{LEASE_SECONDS}s"})
                time.sleep(self._random.uniform(0, LEASE_SECONDS / 2))
        elif plan == "late":
            time.sleep(LEASE_SECONDS + self._random.uniform(0.2, 1.5))
        elif self._random.random() < 0.1:
            time.sleep(self._random.uniform(0, 0.3))
        for _ in range(2 if plan == "twice" else 1):
            self._report(attempt, "complete", {"resultText": f"{uid}:{attempt['token']}"})

    def _report(self, attempt: dict[str, Any], action: str, body: dict[str, Any]) -> None:
        """Says how the attempt ended, again and again while nobody can tell whether it was heard."""
        fields = {
            "worker": self._name, "job": attempt["jobId"], "token": int(attempt["token"]),
            "attempt": attempt["attempt"], "action": action,
        }
        while True:
            self._history.write("report-begins", **fields)
            answer = self._api.post(
                f"/v1/jobs/{attempt['jobId']}:{action}", {"token": attempt["token"], **body})
            self._history.write(
                "report", outcome=answer.outcome.value, status=answer.status, reason=answer.reason, **fields)
            if not self._is_worth_repeating(answer, action):
                return
            time.sleep(0.05)

    @staticmethod
    def _is_worth_repeating(answer: Answer, action: str) -> bool:
        if action == "extend":
            return False
        never_arrived = answer.outcome is Outcome.REFUSED and answer.status in (0, 429)
        return answer.outcome is Outcome.UNKNOWN or never_arrived


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--history", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=20)
    parser.add_argument("--seed", required=True)
    options = parser.parse_args()
    history = History(options.history / f"{options.name}.jsonl")
    threads = [
        threading.Thread(target=Worker(options.name, options.port, history, f"{options.seed}/{number}").run)
        for number in range(options.threads)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
