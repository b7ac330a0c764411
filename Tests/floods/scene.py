"""One scene: a fresh server, honest load, some attacks at one time, and what was measured."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from api import Api
from judge import Facts, Sample
from processes import Broken, Child, Leash, Server
from watch import Watch, descriptors, memory

HERE = Path(__file__).resolve().parent
#: So that lists are long, and a worker has something to take.
JOBS_BEFORE, JOB_BYTES = 6_000, 2_000
#: After so many requests the honest client has all its connections: every other one takes the next of its eight over
#: HTTP. And how long it may take to start and make the first.
SAMPLES_BEFORE, START_WITHIN = 20, 30.0


@dataclass(frozen=True)
class Settings:
    """What the command line says, for every scene."""

    program: Path
    folder: Path
    rate: float
    share: float
    settle: float


class Scene:
    """Runs once. Nothing is left running, however it ends."""

    def __init__(self, settings: Settings, name: str, attacks: list[str], seconds: float) -> None:
        self._settings = settings
        self._attacks = attacks
        self._seconds = seconds
        self._folder = settings.folder / name
        self._folder.mkdir()
        self._facts = Facts(name, seconds=seconds)

    def run(self) -> Facts:
        leash = Leash()
        try:
            server = Server(
                self._settings.program, self._folder / "data", self._folder, leash, ["--log-level", "warning"])
            self._fill(server)
            self._play(server, leash)
            self._finish(server)
        finally:
            leash.end()
        return self._facts

    def _fill(self, server: Server) -> None:
        api = Api(server.ports.http)
        job = {"kind": "k", "queue": "flood", "payloadText": "p" * JOB_BYTES}
        for _ in range(JOBS_BEFORE // 1000):
            if not api.post("/v1/jobs:batch", {"jobs": [job] * 1000}).is_ok:
                raise Broken("the server does not take the jobs before the attack")
        api.close()

    def _play(self, server: Server, leash: Leash) -> None:
        facts, pid = self._facts, server.child.pid
        grpc = server.ports.grpc.rsplit(":", 1)[1]
        ports = ["--http", str(server.ports.http), "--grpc", grpc]
        samples = self._folder / "samples.tsv"
        honest = Child(
            "honest", [sys.executable, str(HERE / "honest.py"), *ports, "--rate", str(self._settings.rate), "--samples",
                       str(samples)], self._folder, leash)
        wait_until_connected(honest, samples, START_WITHIN + SAMPLES_BEFORE / self._settings.rate)
        time.sleep(self._settings.settle)
        facts.before, facts.descriptors_before = memory(pid), descriptors(pid)
        watch = Watch(pid)
        # A dozen interpreters that start take more of the machine than any attack.
        attackers = [self._attacker(name, ports, leash) for name in self._attacks]
        for attacker in attackers:
            attacker.stdout.readline()
        begin = time.monotonic()
        for attacker in attackers:
            attacker.stdin.write("begin\n")
            attacker.stdin.flush()
        for name, attacker in zip(self._attacks, attackers):
            self._facts.reports[name] = self._report(name, attacker)
        end = time.monotonic()
        watch.end()
        facts.peak, facts.load = watch.peak, watch.load
        self._calm_down(server)
        if honest.exit_code is not None:
            raise Broken(f"the honest client ended:\n{honest.last_words()}")
        honest.kill()
        facts.due = int((end - begin) * self._settings.rate)
        facts.samples = [one for one in read_samples(samples) if begin <= one.start < end]

    def _attacker(self, name: str, ports: list[str], leash: Leash) -> subprocess.Popen:
        command = [
            sys.executable, str(HERE / "attacker.py"), "--attack", name, *ports, "--seconds", str(self._seconds),
            "--share", str(self._settings.share / len(self._attacks)),
        ]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=leash.group)

    def _report(self, name: str, attacker: subprocess.Popen) -> dict:
        try:
            written, _ = attacker.communicate(timeout=self._seconds + 30)
        except subprocess.TimeoutExpired as error:
            raise Broken(f"the attack {name} does not end") from error
        if attacker.returncode != 0:
            raise Broken(f"the attack {name} failed")
        return json.loads(written.splitlines()[-1])

    def _calm_down(self, server: Server) -> None:
        """Until the descriptors are as they were; the honest client goes on."""
        facts, pid = self._facts, server.child.pid
        deadline = time.monotonic() + 10
        time.sleep(self._settings.settle)
        while time.monotonic() < deadline and server.child.exit_code is None:
            if descriptors(pid) <= facts.descriptors_before:
                break
            time.sleep(0.1)
        facts.died = server.child.exit_code
        if facts.died is None:
            facts.after, facts.descriptors_after = memory(pid), descriptors(pid)

    def _finish(self, server: Server) -> None:
        server.child.terminate(40)
        self._facts.exit_code = server.child.exit_code
        if self._facts.died is not None or self._facts.exit_code != 0:
            print(server.child.last_words(), file=sys.stderr)


def wait_until_connected(honest: Child, samples: Path, limit: float) -> None:
    """A connection that it makes later would look like one that an attack left open."""
    deadline = time.monotonic() + limit
    while not samples.exists() or samples.read_bytes().count(b"\tok\n") < SAMPLES_BEFORE:
        if honest.exit_code is not None:
            raise Broken(f"the honest client ended:\n{honest.last_words()}")
        if time.monotonic() > deadline:
            raise Broken(f"the honest client did not get {SAMPLES_BEFORE} answers within {limit:.0f} s")
        time.sleep(0.05)


def read_samples(path: Path) -> list[Sample]:
    samples = []
    for line in path.read_text().splitlines():
        start, ms, kind, word = line.split("\t")
        samples.append(Sample(float(start), float(ms), kind, word))
    return samples
