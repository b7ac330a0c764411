"""The server's clocks run too fast or too slow, those of its callers and workers do not. What ends by time ends by the
server's clock and never earlier, and nobody is given up who is heard in time."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from api import Api
from script import uid_in
from slowness import shimmed
from stage import Stage

#: Far from 1. A clock that is left alone then ends things early beside a slow one, and one that is counted twice beside
#: a fast one.
SLOWER, FASTER = 0.75, 1.5
#: Seconds of the server's clock for which something waits.
LENGTH = 4
#: Nothing may end earlier than its time, but for what is rounded. How much later depends on the machine, too: only what
#: seems not to end at all is wrong.
EARLY, LATE = 0.05, 10.0
#: As near to each other as the server allows. A worker says something every 3 s. By the fast clock that is 4.5 s, and
#: within the grace; by one that is counted twice it is 6.75 s, and the worker is given up.
HEARTBEAT, GRACE = 3, 6
OPTIONS = ["--drain-timeout", "30s", "--session-grace", f"{GRACE}s", "--heartbeat", f"{HEARTBEAT}s"]
#: How long a job runs whose worker says nothing but heartbeats: long enough for two of them.
QUIET = 6.5


@dataclass
class Wait:
    """Something that ends by time."""

    what: str
    job: str
    #: The job's state as long as it lasts.
    state: str
    #: When it was asked for: it began then or later.
    since: float
    #: How long it lasted at most; nil until it has ended.
    took: float | None = None

    def wrong(self, rate: float) -> str:
        least = LENGTH / rate
        if self.took is None:
            return f"at the rate {rate} {self.what} of {LENGTH} s has not ended {LATE:g} s after its time"
        if self.took < least - EARLY:
            return f"at the rate {rate} {self.what} of {LENGTH} s ended after {self.took:.2f} s, before {least:.2f} s"
        return ""


def begin(stage: Stage) -> list[Wait]:
    """A job for later, and an attempt that nobody keeps."""
    caller = stage.caller("waits")
    asked = time.monotonic()
    [later] = caller.submit(stage.uids(1), delay=f"{LENGTH}s")
    delay = Wait("a delay", later, "SCHEDULED", asked)
    [leased] = caller.submit(stage.uids(1))
    stage.known += [later, leased]
    asked = time.monotonic()
    [attempt] = caller.lease(1, seconds=LENGTH)
    return [delay, Wait("a lease", attempt["jobId"], "RUNNING", asked)]


def watch(api: Api, waits: list[Wait], rate: float, look: Callable[[], None]) -> list[str]:
    """Looks until all have ended, or one is far too late; returns what was wrong."""
    deadline = time.monotonic() + LENGTH / rate + LATE
    while (left := [wait for wait in waits if wait.took is None]) and time.monotonic() < deadline:
        for wait in left:
            answer = api.get(f"/v1/jobs/{wait.job}")
            if answer.is_ok and answer.body["state"] != wait.state:
                wait.took = time.monotonic() - wait.since
        look()
        time.sleep(0.02)
    return [words for wait in waits if (words := wait.wrong(rate))]


def rates(program: Path, library: Path, folder: Path, rate: float) -> tuple[Counter[str], list[str]]:
    shim = shimmed(library, folder)
    shim.drift(rate)
    with Stage(program, folder, shim.env, options=OPTIONS) as stage:
        # While nothing else goes on: what is decided while an entry is being written has the time of the first thing
        # that was, which may be a little before it was asked for.
        waits = begin(stage)
        stage.known += stage.caller("quiet").submit(stage.uids(1), queue="quiet")
        stage.start_worker("quiet", ["sh", "-c", f"cat; sleep {QUIET}"])
        stage.start_workers(2)
        stage.start_load(4, 0.1)
        violations = watch(Api(stage.port), waits, rate, stage.look)
        work_off(stage)
        figures, more = stage.finish(ended=sum(wait.what == "a lease" and wait.took is not None for wait in waits))
        return figures + Counter({"clock rates": 1}), violations + more


def work_off(stage: Stage) -> None:
    """What waited is queued now."""
    caller = stage.caller("after")
    while attempts := caller.lease(10, wait=0.2):
        for attempt in attempts:
            caller.complete(attempt, uid_in(attempt))
