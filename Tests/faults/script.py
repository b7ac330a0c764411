"""What is done to a server while faults happen: small, but all that touches its files."""

from __future__ import annotations

import base64
import random
import time
from pathlib import Path
from typing import Any

from api import Api
from caller import Attempt, Caller, Notebook
from checker import ALWAYS, check
from collect import Collector
from plans import uid_of
from processes import Child, Leash, Server

OPTIONS = ["--drain-timeout", "5s", "--session-grace", "1s", "--heartbeat", "0.5s"]


class Script:
    """One caller's doings over two lives of a server."""

    def __init__(self, seed: str, notebook: Notebook, bulk: int = 0) -> None:
        #: Bytes of payload that are submitted besides: enough of them, and the log empties its write-ahead log.
        self._bulk = bulk
        self._random = random.Random(seed)
        self._notebook = notebook
        self._count = 0
        self._held: list[Attempt] = []
        self.known: list[str] = []

    def first_life(self, port: int) -> None:
        caller = Caller(port, self._notebook, "first")
        self._submit(caller, 1)
        self._submit(caller, self._random.randint(5, 9))
        self._submit(caller, 1, size=self._random.randint(600, 12_000))
        self.known += caller.submit_keyed("keyed")
        self._submit(caller, 1, delay="0.02s")
        self._work(caller)
        for _ in range(self._bulk // 200_000):
            self._submit(caller, 1, size=200_000)
        if self._bulk:
            time.sleep(0.2)
        caller.api.get("/v1/jobs?page_size=100")
        for action in ("cancel", "redrive"):
            self._steer(caller, action)
        caller.api.get("/v1/queues")
        self._held = caller.lease(2, seconds=3600)
        caller.api.close()

    def second_life(self, port: int) -> None:
        """What was held goes on, what was acknowledged is read, and new work comes."""
        caller = Caller(port, self._notebook, "second")
        for attempt in self._held:
            caller.complete(attempt, uid_in(attempt))
        self._submit(caller, 2)
        self._work(caller)
        for job in self.known[:2]:
            caller.see(job)
        caller.api.close()

    def probe(self, port: int) -> str:
        """Whether the server does what it is for; otherwise what it did not do."""
        caller = Caller(port, self._notebook, f"probe-{self._count}", timeout=5)
        if not self._submit(caller, 1):
            return "a job was not taken"
        attempts = caller.lease(1, wait=2)
        if not attempts:
            return "nothing was handed out"
        if not caller.complete(attempts[0], uid_in(attempts[0])).is_ok:
            return "an outcome was not taken"
        return "" if caller.api.get("/v1/jobs?page_size=100").is_ok else "the jobs were not listed"

    def _work(self, caller: Caller) -> None:
        attempts = caller.lease(6)
        steps = [
            lambda one: caller.complete(one, uid_in(one)),
            lambda one: caller.fail(one, is_final=True),
            lambda one: caller.fail(one),
            lambda one: caller.report(one, "release"),
            lambda one: (caller.report(one, "extend", lease="7200s"), caller.complete(one, uid_in(one))),
            lambda one: caller.complete(one, uid_in(one)),
        ]
        for attempt, step in zip(attempts, steps):
            step(attempt)

    def _steer(self, caller: Caller, action: str) -> None:
        state = {"cancel": "QUEUED", "redrive": "DEAD"}[action]
        answer = caller.api.get(f"/v1/jobs?state={state}&page_size=2")
        for job in answer.body.get("jobs", [])[:1] if answer.is_ok else []:
            caller.steer(job["id"], action)

    def _submit(self, caller: Caller, count: int, **spec: Any) -> list[str]:
        ids = caller.submit([self._uid() for _ in range(count)], **spec)
        self.known += ids
        return ids

    def _uid(self) -> str:
        self._count += 1
        return f"u{self._count}"


def uid_in(attempt: Attempt) -> str:
    return uid_of(base64.b64decode(attempt["payload"]))


def ends(child: Child, limit: float = 12) -> str:
    """Ends a server; returns what was wrong with how it ended."""
    begin = time.monotonic()
    child.terminate(limit)
    if time.monotonic() - begin >= limit:
        return "it did not end when it was asked to"
    return judged(child)


def settles(server: Server, script: Script, limit: float = 5) -> str:
    """Waits until a server works as before, or is gone; returns what it does not do if it neither does nor goes."""
    deadline = time.monotonic() + limit
    while True:
        wrong = script.probe(server.ports.http)
        if not wrong or server.child.exit_code is not None:
            return ""
        if time.monotonic() > deadline:
            return f"it goes on after a fault that is over, and {wrong}"
        time.sleep(0.05)


def judged(child: Child) -> str:
    """What is wrong with how a server ended: a signal, or no word of why."""
    code, words = child.exit_code, child.last_words()
    if code == 0:
        return ""
    if code == 70 and "can lead no longer" in words:
        return ""
    if code == 1 and any(line.startswith("martlet: ") for line in words.split("\n")):
        return ""
    return f"it ended with {code}: {words[-600:]}"


def wait_for_timers(port: int, limit: float = 5) -> None:
    """What is delayed is due by now: states do not change any more once it is queued."""
    deadline, api = time.monotonic() + limit, Api(port)
    while time.monotonic() < deadline:
        queues = api.get("/v1/queues").body.get("queues", [])
        if not any(int(queue.get("scheduled", 0)) for queue in queues):
            break
        time.sleep(0.01)
    api.close()


def look_back(
    program: Path, data: Path, logs: Path, leash: Leash, notebook: Notebook, known: list[str]
) -> list[str]:
    """Starts the server on what is there, and holds all that it says against what was told before."""
    server = Server(program, data, logs, leash, OPTIONS)
    wait_for_timers(server.ports.http)
    Collector(server.ports.http, notebook, threads=1).run(known)
    server.child.kill()
    return check(notebook.records, ALWAYS).violations
