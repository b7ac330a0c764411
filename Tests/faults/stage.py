"""A server with workers and a submitter, for faults that last a while; at the end everything is checked."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from api import Api
from caller import Caller, Notebook
from checker import AT_THE_END, check
from collect import Collector
from history import read
from processes import Broken, Child, Leash, Server
from story import Story

TORTURE = Path(__file__).resolve().parent.parent / "torture"
OPTIONS = ["--drain-timeout", "30s", "--session-grace", "2s", "--heartbeat", "0.5s"]
GRACE = 2.0
OPEN_STATES = ("scheduled", "queued", "running", "retrying")


class Stage:
    """Everything that runs in one folder. Nothing is left running, however it ends."""

    def __init__(self, program: Path, folder: Path, env: dict[str, str] | None = None, data: Path | None = None,
                 options: list[str] | None = None) -> None:
        self._program = program
        self.folder = folder
        self._runs = folder / "runs"
        self._runs.mkdir(parents=True)
        self.notebook = Notebook()
        self.known: list[str] = []
        self.workers: list[Child] = []
        self._count = 0
        self._leash = Leash()
        self._stop = threading.Event()
        self._load: threading.Thread | None = None
        try:
            self.server = Server(
                program, data or folder / "data", folder, self._leash, options or OPTIONS, env)
        except BaseException:
            self._leash.end()
            raise

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        if self._load is not None:
            self._load.join(60)
        self._leash.end()

    @property
    def port(self) -> int:
        return self.server.ports.http

    def caller(self, name: str, timeout: float = 30) -> Caller:
        return Caller(self.port, self.notebook, name, timeout)

    def uids(self, count: int) -> list[str]:
        self._count += count
        return [f"u{number}" for number in range(self._count - count + 1, self._count + 1)]

    def start_workers(self, count: int, concurrency: int = 8) -> None:
        for _ in range(count):
            self.start_worker("exec", [str(TORTURE / "exec_job.sh")], concurrency)

    def start_worker(self, queue: str, job: list[str], concurrency: int = 1) -> None:
        """One that runs the command `job` for each job of the queue."""
        name = f"worker-{len(self.workers) + 1}"
        command = [
            str(self._program), "worker", "--server", self.server.ports.grpc, "--queue", queue, "--concurrency",
            str(concurrency), "--name", name, "--exec", *job]
        env = {"TORTURE_RUNS": str(self._runs / "exec.jsonl"), "TORTURE_REFUSE": "65"}
        self.workers.append(Child(name, command, self.folder, self._leash, env))

    def start_load(self, batch: int, pause: float) -> None:
        """Submits without end, as quickly as it is answered."""
        caller = self.caller("load")

        def run() -> None:
            while not self._stop.is_set():
                self.known += caller.submit_to_exec(self.uids(batch), "slow")
                self._stop.wait(pause)

        self._load = threading.Thread(target=run, daemon=True)
        self._load.start()

    def end_load(self) -> None:
        self._stop.set()
        if self._load is not None:
            self._load.join(60)
            if self._load.is_alive():
                raise Broken("a submission hangs")

    def drain(self, limit: float = 60) -> None:
        """Waits until everything has ended."""
        api, deadline = Api(self.port), time.monotonic() + limit
        while time.monotonic() < deadline:
            self.look()
            answer = api.get("/v1/queues")
            queues = answer.body.get("queues", [])
            if answer.is_ok and not any(int(queue.get(state, 0)) for queue in queues for state in OPEN_STATES):
                return
            time.sleep(0.1)

    def finish(self, ended: int = 0) -> tuple[Counter[str], list[str]]:
        """The end of it all. Every worker lived: no attempt may have been lost, but for leases that `ended` in their
        time."""
        self.end_load()
        self.drain()
        figures, violations = self.verdict()
        if (lost := figures["attempts lost"]) != ended:
            violations.append(f"{lost} attempts were lost, and {ended} leases were left to end: all workers lived")
        return figures, violations

    def look(self) -> None:
        """Raises when something ended that should not have."""
        for child in [self.server.child, *self.workers]:
            if child.exit_code is not None:
                raise Broken(f"{child.name} ended by itself with {child.exit_code}: {child.last_words()}")

    def verdict(self) -> tuple[Counter[str], list[str]]:
        """Everything that was asked, told and run, against what the server says now."""
        Collector(self.port, self.notebook, threads=1).run(self.known)
        records = self.notebook.records + list(read(self._runs))
        violations = check(records, [rule for rule in AT_THE_END if rule.__name__ != "check_figures"]).violations
        events = Counter(
            event["event"] for history in Story.of(records).events.values() for event in history)
        return Counter({"jobs": len(self.known), "attempts lost": events["lost"]}), violations
