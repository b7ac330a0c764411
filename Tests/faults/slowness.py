"""Slowness: a disk whose syncs take seconds, and processes that stand still for longer than the grace."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path

from caller import Caller
from shim import Shim
from stage import GRACE, OPTIONS, Stage

Found = tuple[Counter[str], list[str]]


def slow_disk(program: Path, library: Path, folder: Path, delays: list[float]) -> Found:
    """Each sync takes that long for a while. Whoever works keeps what it has, as its worker lives."""
    shim = shimmed(library, folder)
    with Stage(program, folder, shim.env) as stage:
        stage.start_workers(2)
        stage.start_load(4, 0.1)
        for delay in delays:
            shim.delay_syncs(delay)
            time.sleep(max(1.0, 3 * delay))
            stage.look()
        shim.delay_syncs(0)
        return stage.finish()


def stalled_writes(program: Path, library: Path, folder: Path) -> Found:
    """While a sync hangs, submissions gather up to a bound and are refused above it; none that was taken is lost."""
    shim = shimmed(library, folder)
    with Stage(program, folder, shim.env) as stage:
        shim.delay_syncs(10)
        callers = [stage.caller(f"heavy-{number}") for number in range(16)]
        threads = [threading.Thread(target=heavy, args=(stage, caller)) for caller in callers]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and not refusals(stage):
            time.sleep(0.05)
        shim.delay_syncs(0)
        for thread in threads:
            thread.join(60)
        told, refused = len(callers), refusals(stage)
        stage.start_workers(2)
        stage.drain()
        figures, violations = stage.verdict()
        if not 0 < refused < told:
            violations.append(f"{refused} of {told} submissions were refused while nothing could be written")
        return Counter({"submissions while stalled": told, "refused for want of room": refused}), violations


def refusals(stage: Stage) -> int:
    return sum(record.get("status") == 429 for record in stage.notebook.records)


def heavy(stage: Stage, caller: Caller) -> None:
    """8 MiB, the most that one submission may have."""
    stage.known += caller.submit_to_exec(stage.uids(8), "ok", filling=1_000_000)


def cut_short(program: Path, library: Path, folder: Path) -> Found:
    """SIGTERM while the disk hangs: the watchdog ends it, and what was acknowledged is there."""
    shim = shimmed(library, folder)
    options = [*OPTIONS, "--drain-timeout", "1s"]
    with Stage(program, folder, shim.env, options=options) as stage:
        caller, violations = stage.caller("caller"), []
        stage.known += caller.submit_to_exec(stage.uids(5), "ok")
        shim.delay_syncs(8)
        threading.Thread(
            target=stage.caller("late").submit_to_exec, args=(stage.uids(1), "ok"), daemon=True).start()
        time.sleep(0.2)
        begin = time.monotonic()
        stage.server.child.terminate(6)
        took = time.monotonic() - begin
        if stage.server.child.exit_code != 0 or took > 4:
            violations.append(f"ended with {stage.server.child.exit_code} after {took:.1f} s, with a limit of 1 s")
        if "cut short" not in stage.server.child.last_words():
            violations.append("it does not say that its end was cut short")
        shim.delay_syncs(0)
        stage.server.start_again()
        stage.start_workers(1)
        stage.drain()
        figures, more = stage.verdict()
        return figures, violations + more


def stopped_server(program: Path, folder: Path, pauses: int) -> Found:
    """The server stands still for twice the grace. Its workers live: they keep what they have."""
    with Stage(program, folder) as stage:
        stage.start_workers(3)
        stage.start_load(8, 0.1)
        for _ in range(pauses):
            time.sleep(1)
            pause(stage.server.child.pid, 2 * GRACE)
            time.sleep(1)
            stage.look()
        return stage.finish()


def stopped_worker(program: Path, folder: Path, pauses: int) -> Found:
    """A worker stands still for twice the grace. Its jobs go to another, and what it says later does not count."""
    with Stage(program, folder) as stage:
        stage.start_workers(3)
        stage.start_load(8, 0.1)
        for number in range(pauses):
            time.sleep(1)
            pause(stage.workers[number % 3].pid, 2 * GRACE)
            stage.look()
        stage.end_load()
        stage.drain()
        figures, violations = stage.verdict()
        if not figures["attempts lost"]:
            violations.append("no attempt of a worker was lost that stood still for twice the grace")
        return figures, violations


def pause(pid: int, seconds: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def shimmed(library: Path, folder: Path) -> Shim:
    folder.mkdir()
    return Shim(library, folder / "data", folder / "control")
