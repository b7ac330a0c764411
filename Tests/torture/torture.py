"""Proof by killing: real processes under load, killed with kill -9 at random, and their whole history checked.

    python3 Tests/torture/torture.py --kills 50 --seed 1

Exit code 0: every promise was kept. The history stays where the last lines say."""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from api import Api
from checker import check
from collect import Collector
from figures import table
from history import History, read
from nemesis import Crew, Nemesis
from operators import Observer, Operator
from plans import EXEC_QUEUE, Mint
from processes import Broken, Leash, Server
from submitters import BenchSubmitter, CliSubmitter, HttpSubmitter, Known, Scene, start_all

HERE = Path(__file__).resolve().parent
#: How long a vanished worker's session lives.
GRACE_SECONDS = 2


@dataclass(frozen=True)
class Settings:
    """What the command line says."""

    kills: int
    seed: int
    bin: Path
    folder: Path
    shortest: float
    longest: float
    drain: float
    keep: bool


def settings() -> Settings:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None, help="otherwise by chance, and printed")
    parser.add_argument(
        "--bin", type=Path, default=HERE.parent.parent / ".build/release", help="the folder of the programs")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="where the run's folder is made")
    parser.add_argument("--shortest", type=float, default=0.2, help="seconds between kills, at least")
    parser.add_argument("--longest", type=float, default=5.0, help="seconds between kills, at most")
    parser.add_argument("--drain", type=float, default=90.0, help="seconds in which everything must end")
    parser.add_argument("--keep", action="store_true", help="keep the server's data too")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    return Settings(**{**vars(options), "seed": seed})


class Run:
    """One run, in a folder of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = Path(tempfile.mkdtemp(prefix=f"martlet-torture-{settings.seed}-", dir=settings.folder))
        self.histories = self.folder / "history"
        self.logs = self.folder / "logs"
        self.histories.mkdir()
        self.logs.mkdir()
        self._history = History(self.histories / "harness.jsonl")
        self._stop = threading.Event()
        self._failures: list[BaseException] = []
        self._known = Known()

    def interrupt(self) -> None:
        self._stop.set()

    def run(self) -> None:
        """Load, kills, drain, and what the server then says. Nothing is left running, however it ends."""
        leash = Leash()
        try:
            self._torture(leash)
        finally:
            self._stop.set()
            leash.end()
            self._history.close()

    def _torture(self, leash: Leash) -> None:
        settings = self._settings
        server = Server(
            settings.bin / "martlet", self.folder / "data", self.logs, leash,
            ["--session-grace", f"{GRACE_SECONDS}s", "--heartbeat", "0.5s"])
        crews = self._crews(server, leash)
        submitting = threading.Event()
        scene = Scene(
            server.ports.http, server.ports.grpc, self._history, Mint(settings.seed), self._known, submitting,
            leash.group)
        threads = start_all(self._load(scene), self._failures)
        nemesis = Nemesis(server, crews, self._history, f"{settings.seed}/nemesis", self._failures, self._stop)
        begin = time.monotonic()
        nemesis.run(settings.kills, settings.shortest, settings.longest)
        print("draining", file=sys.stderr, flush=True)
        submitting.set()
        for thread in threads:
            thread.join(120)
            if thread.is_alive():
                raise Broken("a submitter hangs")
        if self._failures:
            raise self._failures[0]
        self._drain(server, nemesis)
        Collector(server.ports.http, self._history).run(self._known.ids)
        self._history.write(
            "summary", seconds=time.monotonic() - begin, slowest_start=server.slowest_start,
            suicides=nemesis.suicides)
        for crew in crews:
            crew.end()
        server.child.terminate(10)

    def _crews(self, server: Server, leash: Leash) -> list[Crew]:
        build, http, grpc = self._settings.bin, str(server.ports.http), server.ports.grpc
        python = [
            sys.executable, str(HERE / "http_worker.py"), "--name", "{name}", "--port", http, "--history",
            str(self.histories), "--seed", f"{self._settings.seed}/{{name}}",
        ]
        exec_worker = [
            str(build / "martlet"), "worker", "--server", grpc, "--queue", EXEC_QUEUE, "--concurrency", "4", "--name",
            "{name}", "--exec", str(HERE / "exec_job.sh"),
        ]
        env = {"TORTURE_RUNS": str(self.histories / "exec.jsonl"), "TORTURE_REFUSE": "65"}
        files = [str(build / "martlet-demo"), "worker", "--server", grpc, "--name", "{name}"]
        bench = [str(build / "martlet-bench"), "worker", "--server", grpc, "--expect", str(10**12), "--name", "{name}"]
        return [
            Crew("http-worker", 2, python, self.logs, leash, may_die=True),
            Crew("exec-worker", 2, exec_worker, self.logs, leash, env),
            Crew("sdk-worker", 2, files, self.logs, leash),
            Crew("bench-worker", 1, bench, self.logs, leash),
        ]

    def _load(self, scene: Scene) -> list:
        seed, build = self._settings.seed, self._settings.bin
        files = [str(path) for path in sorted(HERE.glob("*.py"))]
        submitters = [
            HttpSubmitter(scene, f"{seed}/single-1", batch=1, keyed=False, pause=0.04),
            HttpSubmitter(scene, f"{seed}/single-2", batch=1, keyed=False, pause=0.04, poison=3),
            HttpSubmitter(scene, f"{seed}/keyed", batch=1, keyed=True, pause=0.04),
            HttpSubmitter(scene, f"{seed}/batch", batch=20, keyed=False, pause=0.4),
            HttpSubmitter(scene, f"{seed}/keyed-batch", batch=20, keyed=True, pause=0.4),
            CliSubmitter(scene, build / "martlet", files, f"{seed}/cli", pause=0.7),
            BenchSubmitter(scene, build / "martlet-bench", f"{seed}/bench", pause=0.7),
            Operator(scene, f"{seed}/operator", pause=0.1),
            Observer(scene, f"{seed}/observer-1", pause=0.02),
            Observer(scene, f"{seed}/observer-2", pause=0.02),
        ]
        return [one.run for one in submitters]

    def _drain(self, server: Server, nemesis: Nemesis) -> None:
        """Waits until nothing waits or runs. What has not ended then, the checker finds."""
        api = Api(server.ports.http)
        deadline = time.monotonic() + self._settings.drain
        while time.monotonic() < deadline:
            nemesis.look()
            answer = api.get("/v1/queues")
            queues = answer.body.get("queues", []) if answer.is_ok else None
            open_states = ("scheduled", "queued", "running", "retrying")
            if queues is not None and not any(int(q.get(state, 0)) for q in queues for state in open_states):
                return
            time.sleep(0.2)
        print("not everything ended in time", file=sys.stderr)


def main() -> int:
    chosen = settings()
    print(f"seed {chosen.seed}, {chosen.kills} kills", file=sys.stderr, flush=True)
    run = Run(chosen)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: run.interrupt())
    broken = ""
    try:
        run.run()
    except Exception as failure:  # noqa: BLE001 - reported, with what is needed to look at it
        broken = f"{type(failure).__name__}: {failure}"
    verdict = check(read(run.histories)) if not broken else None
    if verdict is not None:
        print(table(verdict))
        for violation in verdict.violations[:100]:
            print(f"VIOLATION {violation}", file=sys.stderr)
    is_clean = verdict is not None and not verdict.violations
    if is_clean and not chosen.keep:
        shutil.rmtree(run.folder / "data")
    if broken:
        print(f"BROKEN {broken}", file=sys.stderr)
    print(f"seed {chosen.seed}; history and logs in {run.folder}", file=sys.stderr)
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
