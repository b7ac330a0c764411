"""The one who kills: the server and the workers, at random, with kill -9."""

from __future__ import annotations

import random
import sys
import threading
import time
from pathlib import Path

from api import Api
from history import History
from processes import Broken, Child, Leash, Server


class Crew:
    """The workers of one sort: as many as wanted, each replaced when it was killed."""

    def __init__(
        self, sort: str, count: int, command: list[str], logs: Path, leash: Leash, env: dict[str, str] | None = None,
        may_die: bool = False,
    ) -> None:
        self.sort = sort
        self._command = command
        self._logs = logs
        self._leash = leash
        self._env = env
        #: A worker of this sort may end by itself: its job killed it.
        self._may_die = may_die
        self._started = 0
        self.members: list[Child] = []
        for _ in range(count):
            self._start()

    def kill(self, victim: Child) -> None:
        victim.kill()
        self.members.remove(victim)
        self._start()

    def look(self) -> int:
        """Replaces members that ended by themselves; returns how many there were.

        Raises Broken when a worker of this sort must not end by itself."""
        gone = [member for member in self.members if member.exit_code is not None]
        for member in gone:
            if not self._may_die:
                raise Broken(f"{member.name} ended by itself with {member.exit_code}:\n{member.last_words()}")
            self.members.remove(member)
            self._start()
        return len(gone)

    def end(self) -> None:
        for member in self.members:
            member.kill()

    def _start(self) -> None:
        self._started += 1
        name = f"{self.sort}-{self._started}"
        command = [part.replace("{name}", name) for part in self._command]
        self.members.append(Child(name, command, self._logs, self._leash, self._env))


class Nemesis:
    """Kills until it has killed often enough."""

    def __init__(
        self, server: Server, crews: list[Crew], history: History, seed: str, failures: list[BaseException],
        stop: threading.Event,
    ) -> None:
        self._server = server
        self._crews = crews
        self._history = history
        self._random = random.Random(seed)
        self._failures = failures
        self._stop = stop
        self._api = Api(server.ports.http)
        self.suicides = 0

    def run(self, kills: int, shortest: float, longest: float) -> None:
        for number in range(1, kills + 1):
            self._watch(self._random.uniform(shortest, longest))
            self._kill(number, kills)

    def _watch(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.look()
            time.sleep(0.02)

    def look(self) -> None:
        """Raises when something ended that should not have."""
        if self._failures:
            raise self._failures[0]
        if self._stop.is_set():
            raise Broken("interrupted")
        if self._server.child.exit_code is not None:
            child = self._server.child
            raise Broken(f"the server ended by itself with {child.exit_code}:\n{child.last_words()}")
        self.suicides += sum(crew.look() for crew in self._crews)

    def _kill(self, number: int, kills: int) -> None:
        if self._random.random() < 0.5:
            self._server.kill()
            self._history.write("kill", what="server")
            if self._random.random() < 0.3:
                # A down time that clients and workers notice.
                time.sleep(self._random.uniform(0, 1))
            self._server.start_again()
            what = "server"
        else:
            crew = self._random.choice(self._crews)
            victim = self._random.choice(crew.members)
            session = self._session_of(victim)
            crew.kill(victim)
            self._history.write("kill", what=crew.sort, name=victim.name, session=session)
            what = victim.name
        if number % 10 == 0 or number == kills:
            print(f"{number} of {kills} kills, last {what}", file=sys.stderr, flush=True)

    def _session_of(self, worker: Child) -> str:
        """Empty for a worker without one."""
        answer = self._api.get("/v1/workers")
        workers = answer.body.get("workers", []) if answer.is_ok else []
        return next((one["sessionId"] for one in workers if one.get("name") == worker.name), "")
