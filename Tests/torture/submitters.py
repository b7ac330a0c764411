"""Those who submit: over HTTP one by one and in batches, with keys and without, and through the Swift SDK."""

from __future__ import annotations

import json
import random
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from api import Answer, Api
from history import History
from plans import BENCH_QUEUE, EXEC_PLANS, EXEC_QUEUE, FILES_QUEUE, Mint, http_spec, pick


@dataclass
class Known:
    """The jobs that were acknowledged, for those who want to steer or read one."""

    ids: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, ids: list[str]) -> None:
        with self.lock:
            self.ids += ids

    def some(self, random_: random.Random, recent: int) -> str | None:
        with self.lock:
            return random_.choice(self.ids[-recent:]) if self.ids else None


@dataclass(frozen=True)
class Scene:
    """What every submitter needs."""

    port: int
    grpc: str
    history: History
    mint: Mint
    known: Known
    stop: threading.Event
    #: The process group of everything that is started: it ends with the harness.
    group: int


class HttpSubmitter:
    """Submits over HTTP. Without a key an unknown outcome stays unknown; with one it is asked again until it is not."""

    def __init__(self, scene: Scene, seed: str, batch: int, keyed: bool, pause: float, poison: int = 0) -> None:
        self._scene = scene
        self._random = random.Random(seed)
        self._api = Api(scene.port)
        self._batch = batch
        self._keyed = keyed
        self._pause = pause
        self._poison = poison
        self._seed = seed
        self._old: list[tuple[str, list[str], dict[str, Any], dict[str, str]]] = []

    def run(self) -> None:
        while not self._scene.stop.is_set():
            self._submit_some()
            if self._old and self._random.random() < 0.05:
                self._repeat_an_old_one()
            time.sleep(self._random.uniform(0, 2 * self._pause))

    def _submit_some(self) -> None:
        count = self._random.randint(1, self._batch)
        uids = [self._scene.mint.uid() for _ in range(count)]
        specs = [http_spec(self._random, uid, self._plan()) for uid in uids]
        keys = [f"key/{uid}" for uid in uids] if self._keyed else []
        headers: dict[str, str] = {}
        if self._batch == 1:
            path, body = "/v1/jobs", specs[0]
            headers = {"Idempotency-Key": keys[0]} if keys else {}
        else:
            for spec, key in zip(specs, keys):
                spec["idempotencyKey"] = key
            path, body = "/v1/jobs:batch", {"jobs": specs}
        self._send(path, uids, keys, body, headers)
        if self._keyed and len(self._old) < 200:
            self._old.append((path, uids, body, headers))

    def _plan(self) -> str | None:
        if self._poison == 0:
            return None
        self._poison -= 1
        return "poison"

    def _send(
        self, path: str, uids: list[str], keys: list[str], body: dict[str, Any], headers: dict[str, str]
    ) -> None:
        while True:
            self._scene.history.write("submit-begins", uids=uids, keys=keys)
            answer = self._api.post(path, body, headers)
            ids = ids_of(answer)
            self._scene.history.write(
                "submit", uids=uids, keys=keys, outcome=answer.outcome.value, status=answer.status,
                reason=answer.reason, ids=ids)
            self._scene.known.add(ids)
            settled = answer.is_ok or (answer.is_certainly_not_done and answer.status not in (0, 429))
            if settled or not keys or self._scene.stop.is_set():
                return
            time.sleep(0.05)

    def _repeat_an_old_one(self) -> None:
        """The same key and request must name the same jobs; the same key and another request is a conflict."""
        path, uids, body, headers = self._random.choice(self._old)
        keys = [f"key/{uid}" for uid in uids]
        if self._batch > 1 or self._random.random() < 0.5:
            self._send(path, uids, keys, body, headers)
            return
        answer = self._api.post(path, {**body, "payloadText": "another request"}, headers)
        self._scene.history.write(
            "conflict", keys=keys, outcome=answer.outcome.value, status=answer.status, reason=answer.reason)


def ids_of(answer: Answer) -> list[str]:
    if not answer.is_ok:
        return []
    return list(answer.body.get("jobIds") or [answer.body["id"]])


class CliSubmitter:
    """Runs `martlet submit --ndjson -`, which numbers its submissions: the SDK goes on over a restart."""

    def __init__(self, scene: Scene, program: Path, files: list[str], seed: str, pause: float) -> None:
        self._scene = scene
        self._program = program
        self._files = files
        self._random = random.Random(seed)
        self._pause = pause

    def run(self) -> None:
        while not self._scene.stop.is_set():
            uids = [self._scene.mint.uid() for _ in range(self._random.randint(1, 60))]
            lines = "".join(json.dumps(self._line(uid)) + "\n" for uid in uids)
            self._scene.history.write("submit-begins", uids=uids, keys=[])
            ended = subprocess.run(
                [str(self._program), "submit", "--ndjson", "-", "--server", self._scene.grpc],
                input=lines.encode(), capture_output=True, timeout=90, check=False, process_group=self._scene.group)
            ids = ended.stdout.decode().split()
            self._scene.history.write(
                "submit", uids=uids[: len(ids)], keys=[], outcome="ok", status=0, reason="", ids=ids)
            self._scene.known.add(ids)
            if len(ids) < len(uids):
                # Whether the rest was done, its exit code does not tell for each line.
                self._scene.history.write(
                    "submit", uids=uids[len(ids):], keys=[], outcome="unknown", status=ended.returncode,
                    reason=ended.stderr.decode(errors="replace")[-300:], ids=[])
            time.sleep(self._random.uniform(0, 2 * self._pause))

    def _line(self, uid: str) -> dict[str, Any]:
        if self._random.random() < 0.5:
            return {
                "kind": "torture.exec", "queue": EXEC_QUEUE, "payload": f"{uid} {pick(self._random, EXEC_PLANS)}",
                "attempts": 4,
            }
        return {
            "kind": "digest-file", "queue": FILES_QUEUE,
            "payload": {"path": self._random.choice(self._files), "uid": uid}, "attempts": 4,
        }


class BenchSubmitter:
    """Runs the bench's client in bursts. Its jobs are all alike: they are counted, not named."""

    def __init__(self, scene: Scene, program: Path, seed: str, pause: float) -> None:
        self._scene = scene
        self._program = program
        self._random = random.Random(seed)
        self._pause = pause

    def run(self) -> None:
        while not self._scene.stop.is_set():
            jobs = self._random.randint(100, 1000)
            command = [
                str(self._program), "client", "--server", self._scene.grpc, "--mode", "batch", "--jobs", str(jobs),
                "--batch", str(self._random.randint(1, 40)), "--callers", "8",
            ]
            ended = subprocess.run(
                command, capture_output=True, timeout=120, check=False, process_group=self._scene.group)
            self._scene.history.write(
                "counted", queue=BENCH_QUEUE, jobs=jobs, outcome="ok" if ended.returncode == 0 else "unknown",
                reason=ended.stderr.decode(errors="replace")[-300:])
            time.sleep(self._random.uniform(0, 2 * self._pause))


def start_all(runs: list[Callable[[], None]], failures: list[BaseException]) -> list[threading.Thread]:
    """Runs each on a thread; what one throws is kept, for the harness to fail with."""

    def guarded(run: Callable[[], None]) -> Callable[[], None]:
        def call() -> None:
            try:
                run()
            except BaseException as failure:  # noqa: BLE001 - kept, and raised by the harness
                failures.append(failure)

        return call

    threads = [threading.Thread(target=guarded(run), daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    return threads
