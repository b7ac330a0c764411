#!/usr/bin/env python3
"""Peers that come, break off in every way and go: what the server keeps of them is a leak.

leaks.py MARTLET, built with Address Sanitizer. Leak Sanitizer looks at the server's memory when it ends.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "floods"))
import frames  # noqa: E402

TIMES = 20
CALLS = ("/martlet.v1.Jobs/SubmitStream", "/martlet.v1.Work/Session", "/nobody/knows")
BAD_PING = frames.frame(frames.PING, 0, 0, b"123")
GOAWAY = frames.frame(frames.GOAWAY, 0, 0, bytes(8))


def broken() -> list[bytes]:
    """What peers send before they are gone, each in one piece."""
    said = [b"", b"GARBAGE" * 20, frames.hello(), frames.hello() + BAD_PING, frames.hello() + GOAWAY]
    for path in CALLS:
        head = frames.hello() + frames.headers(1, frames.call_head(path))
        body = frames.frame(frames.DATA, 0, 1, b"\0\0\0\0\x09abc")
        said += [head, head + BAD_PING, head + GOAWAY, head + frames.reset(1), head + body, head + body + BAD_PING]
    return said


HTTP = (
    b"POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{", b"GET / HTTP/1.1\r\n",
    b"GET /v1/queues HTTP/1.1\r\nhost: x\r\n\r\n" * 5, b"\0" * 100,
)


def say(port: int, bytes_: bytes, waits: bool) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=2) as peer:
        try:
            peer.sendall(bytes_)
            # Some are gone at once, some hear the answer first.
            if waits:
                peer.settimeout(0.05)
                while peer.recv(65_536):
                    pass
        except OSError:
            pass


def serve_honest(program: str, grpc: int, http: int, env: dict[str, str]) -> None:
    """Jobs that are run to their end, and a worker that is killed with one in its hands."""
    server = f"127.0.0.1:{grpc}"
    subprocess.run([program, "submit", "--server", server, "k", "x"], check=True, env=env, stdout=subprocess.DEVNULL)
    worker = subprocess.Popen([program, "worker", "--server", server, "--exec", "/bin/cat"], env=env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(20):
            submission = json.dumps({"jobs": [{"kind": "k", "payload": "eA=="}] * 10}).encode()
            request = urllib.request.Request(
                f"http://127.0.0.1:{http}/v1/jobs:batch", submission, {"content-type": "application/json"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                answer.read()
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()


def run(program: str, folder: Path) -> int:
    report = folder / "report"
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    watched = {**env, "ASAN_OPTIONS": f"detect_leaks=1:exitcode=66:log_path={report}"}
    command = [program, "serve", "--data", str(folder / "data"), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(command, env=watched, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        line = server.stdout.readline()
        http, grpc = (int(part.rsplit(":", 1)[1]) for part in line.split(", data")[0].split(", "))
        for waits in (False, True):
            for _ in range(TIMES):
                for said in broken():
                    say(grpc, said, waits)
                for said in HTTP:
                    say(http, said, waits)
        serve_honest(program, grpc, http, env)
        server.send_signal(signal.SIGTERM)
        status = server.wait(60)
    finally:
        server.kill()
    reports = [path.read_text(errors="replace") for path in folder.glob("report*")]
    for text in reports:
        print(text[:20_000])
    print(f"leaks: status {status}, {len(reports)} reports, {2 * TIMES * (len(broken()) + len(HTTP))} broken connections")
    return 1 if status or reports else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        sys.exit(run(sys.argv[1], Path(scratch)))
