"""The processes that are tortured. They end with the harness, however that ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

SERVING = re.compile(rb"is serving: HTTP http://127\.0\.0\.1:(\d+), gRPC (127\.0\.0\.1:\d+), data ")


class Broken(Exception):
    """Something ended or did not start that should have been running."""


class Ended(Broken):
    """A server that ended before it served."""

    def __init__(self, child: Child) -> None:
        super().__init__(f"the server ended with {child.exit_code} before it served:\n{child.last_words()}")
        self.child = child


class Leash:
    """A shell that waits for the harness's end and then kills the process group that all children are in."""

    def __init__(self) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", "read -r _; kill -KILL 0"], stdin=subprocess.PIPE, process_group=0
        )

    @property
    def group(self) -> int:
        return self._shell.pid

    def end(self) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.close()
        self._shell.wait()


class Child:
    """One process, its output in a file of its own."""

    def __init__(
        self, name: str, command: list[str], logs: Path, leash: Leash, env: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=leash.group,
                env={**os.environ, **(env or {})},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def terminate(self, limit: float) -> None:
        """SIGTERM; kill -9 once the time is over."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self, size: int = 2000) -> str:
        return self.log.read_bytes()[-size:].decode(errors="replace")


@dataclass(frozen=True)
class Ports:
    http: int
    grpc: str


class Server:
    """`martlet serve`, again and again on one folder and the same ports."""

    def __init__(
        self, program: Path, data: Path, logs: Path, leash: Leash, options: list[str],
        env: dict[str, str] | None = None,
    ) -> None:
        self._program = program
        self._data = data
        self._logs = logs
        self._leash = leash
        self._options = options
        self._env = env
        self._starts = 0
        self._lock = threading.Lock()
        self.child, self.ports = self._start("127.0.0.1:0", "127.0.0.1:0")
        self.slowest_start = 0.0

    def kill(self) -> None:
        with self._lock:
            self.child.kill()

    def start_again(self) -> None:
        """Returns once it serves."""
        with self._lock:
            begin = time.monotonic()
            self.child, _ = self._start(f"127.0.0.1:{self.ports.http}", self.ports.grpc)
            self.slowest_start = max(self.slowest_start, time.monotonic() - begin)

    def _start(self, http: str, grpc: str) -> tuple[Child, Ports]:
        self._starts += 1
        command = [str(self._program), "serve", "--data", str(self._data), "--http", http, "--grpc", grpc]
        child = Child(f"server-{self._starts}", command + self._options, self._logs, self._leash, self._env)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = SERVING.search(child.log.read_bytes())
            if found:
                return child, Ports(int(found.group(1)), found.group(2).decode())
            if child.exit_code is not None:
                raise Ended(child)
            time.sleep(0.005)
        child.kill()
        raise Broken(f"the server did not serve within 30 s:\n{child.last_words()}")
