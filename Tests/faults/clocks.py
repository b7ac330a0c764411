"""The wall's clock jumps by ten years: time is the server's own, counted on from its start."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from api import Api
from processes import Ended
from script import uid_in
from slowness import shimmed
from stage import Stage

TEN_YEARS = 3650


class Witnesses:
    """What must not move with a clock: a job for later, an attempt held over HTTP, one that has ended."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._caller = stage.caller("witness")
        stage.known += self._caller.submit(stage.uids(3))
        done, *self._held = self._caller.lease(3, seconds=3600)
        self._caller.complete(done, uid_in(done))
        self._done = done["jobId"]
        later = self._caller.submit(stage.uids(1), delay="3600s")
        stage.known += later
        self._later = later[0]

    def states(self) -> list[str]:
        api = Api(self._stage.port)
        jobs = (self._later, *(attempt["jobId"] for attempt in self._held), self._done)
        return [api.get(f"/v1/jobs/{job}").body.get("state", "GONE") for job in jobs]

    def release(self) -> None:
        # The server may have been started anew since: not over the old connection.
        caller = self._stage.caller("witness")
        for attempt in self._held:
            caller.complete(attempt, uid_in(attempt))
        caller.steer(self._later, "cancel")


UNMOVED = ["SCHEDULED", "RUNNING", "RUNNING", "SUCCEEDED"]


def jumps(program: Path, library: Path, folder: Path, between_starts: bool) -> tuple[Counter[str], list[str]]:
    """The wall clock jumps ten years ahead, back, and to ten years ago."""
    shim, violations = shimmed(library, folder), []
    with Stage(program, folder, shim.env) as stage:
        witnesses = Witnesses(stage)
        stage.start_workers(2)
        stage.start_load(4, 0.05)
        # Ahead while it runs. Between two starts that is another matter, see `ahead`.
        for days in (-TEN_YEARS, 0) if between_starts else (TEN_YEARS, 0, -TEN_YEARS, 0):
            if between_starts:
                stage.server.child.terminate(30)
            shim.move_clock(days)
            if between_starts:
                stage.server.start_again()
            time.sleep(3)
            stage.look()
            if (states := witnesses.states()) != UNMOVED:
                violations.append(f"with the clock off by {days} days: {states}, expected {UNMOVED}")
        return finish(stage, witnesses, violations, "jumps of ten years", 2 if between_starts else 4)


def ahead(program: Path, library: Path, folder: Path) -> tuple[Counter[str], list[str]]:
    """The clock is ten years ahead at a start: the server asks about it, and serves once it is right again."""
    shim, violations = shimmed(library, folder), []
    with Stage(program, folder, shim.env) as stage:
        witnesses = Witnesses(stage)
        stage.start_workers(2)
        stage.server.child.terminate(30)
        shim.move_clock(TEN_YEARS)
        try:
            stage.server.start_again()
            violations.append("a start ten years ahead was not refused")
        except Ended as ended:
            if ended.child.exit_code != 1 or "--accept-clock" not in ended.child.last_words():
                violations.append(f"ten years ahead: status {ended.child.exit_code}, {ended.child.last_words()}")
        shim.move_clock(0)
        stage.server.start_again()
        if (states := witnesses.states()) != UNMOVED:
            violations.append(f"after a refused start: {states}, expected {UNMOVED}")
        return finish(stage, witnesses, violations, "starts ten years ahead", 1)


def finish(
    stage: Stage, witnesses: Witnesses, violations: list[str], what: str, count: int
) -> tuple[Counter[str], list[str]]:
    witnesses.release()
    figures, more = stage.finish()
    return figures + Counter({what: count}), violations + more
