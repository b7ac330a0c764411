#!/usr/bin/env python3
"""Starts a server of its own and holds it to its own description.

    pip install openapi-spec-validator schemathesis
    check.py [--bin .build/release/martlet] [--seconds 300] [--examples 5]

Runs openapi_check.py against the server, with the tools that stand beside this Python; sequences of calls (the phase
"stateful"), which wait for as long as the API lets them, are for runs by hand. Exits with 1 when anything is
found or the time is over, with 2 when the server does not start. The server is killed on every path: its leash holds
even where this script is killed.
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "torture"))

from processes import Leash  # noqa: E402

SERVING = re.compile(r"HTTP (http://[^\s,]+)")
CASES = re.compile(r"(\d+) generated(?:, (\d+) found (\d+) unique failures?)?")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path(".build/release/martlet"))
    parser.add_argument("--seconds", type=float, default=300, help="how long all of it may take")
    parser.add_argument("--examples", type=int, default=5, help="how many cases each operation gets at most")
    return parser.parse_args()


def serving(server: subprocess.Popen, leash: Leash, seconds: float) -> str | None:
    """The server's HTTP address, once it says it; None when it ends or says nothing."""
    alarm = threading.Timer(seconds, leash.end)
    alarm.start()
    try:
        for line in server.stdout:
            if found := SERVING.search(line):
                # What it says later must not fill the pipe.
                threading.Thread(target=server.stdout.read, daemon=True).start()
                return found.group(1)
        return None
    finally:
        alarm.cancel()


def check(base: str, examples: int, seconds: float) -> tuple[int | None, str]:
    """The check's exit code, None when its time was over, and what it wrote."""
    tools = str(pathlib.Path(sys.executable).parent)
    leash = Leash()
    process = subprocess.Popen(
        [sys.executable, str(HERE / "openapi_check.py"), base, str(examples), "examples,coverage,fuzzing"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=leash.group,
        env=os.environ | {"PATH": tools + os.pathsep + os.environ.get("PATH", ""), "PYTHONUNBUFFERED": "1"},
    )
    try:
        written, _ = process.communicate(timeout=seconds)
        return process.returncode, written
    except subprocess.TimeoutExpired:
        leash.end()
        return None, process.communicate()[0] or ""
    finally:
        leash.end()
        process.wait()


def main() -> int:
    wanted = options()
    began = time.monotonic()
    leash = Leash()
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [
                str(wanted.bin.resolve()), "serve", "--data", f"{folder}/data", "--http", "127.0.0.1:0",
                "--grpc", "127.0.0.1:0",
            ],
            stdout=subprocess.PIPE, text=True, process_group=leash.group,
        )
        try:
            base = serving(server, leash, 15)
            if base is None:
                print(f"api: {wanted.bin} did not come up", file=sys.stderr)
                return 2
            code, written = check(base, wanted.examples, wanted.seconds - (time.monotonic() - began))
            sys.stdout.write(written)
            ended = server.poll()
        finally:
            leash.end()
            server.wait()
    took = time.monotonic() - began
    cases = CASES.search(written)
    counts = f"{cases[1]} cases, {cases[3] or 0} unique failures" if cases else "no case counts"
    if ended is not None:
        print(f"api: FAILED: the server ended with {ended}; {counts} in {took:.0f} s")
        return 1
    if code is None:
        print(f"api: FAILED: not done within {wanted.seconds:.0f} s; give it more --seconds or fewer --examples")
        return 1
    print(f"api: {'ok' if code == 0 else 'FAILED'}: {counts} in {took:.0f} s")
    return 1 if code else 0


if __name__ == "__main__":
    # Ended from outside, the server must still go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
