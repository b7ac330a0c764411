#!/usr/bin/env python3
"""Runs what the README says to type, against a real server.

    run.py path/to/martlet [README.md]

Each fenced block below a `<!-- run -->` comment is run in order by `bash -e`, in one new folder, with `martlet` in the
PATH and the README's ports replaced by free ones. A block must end with 0, and each line of it that reads `# => text`
must be, in this order, a line of what it prints: white space counts as one space, and `…` stands for anything. What a
block leaves running in the background goes on for the blocks after it and ends with the run.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "torture"))

from processes import Leash  # noqa: E402

BLOCK = re.compile(r"^<!-- run -->\n+```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HTTP, GRPC = "7480", "7481"
SECONDS = 60


def blocks(text: str) -> list[str]:
    found = BLOCK.findall(text)
    marks = len(re.findall(r"^<!-- run -->", text, re.MULTILINE))
    assert len(found) == marks, f"{marks} marks, but {len(found)} blocks below one"
    return found


def expected(block: str) -> list[str]:
    return re.findall(r"^\s*# => ?(.*)$", block, re.MULTILINE)


def missing(lines: list[str], output: str) -> list[str]:
    """The expected lines from the first on that is not there in its place."""
    rest = [" ".join(line.split()) for line in output.splitlines()]
    for index, line in enumerate(lines):
        pattern = ".*".join(re.escape(part) for part in " ".join(line.split()).split("…"))
        while rest and not re.fullmatch(pattern, rest[0]):
            rest.pop(0)
        if not rest:
            return lines[index:]
        rest.pop(0)
    return []


def free_ports(count: int) -> list[str]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [str(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def check_checker() -> None:
    """The checker finds what is missing, before anything else may rely on it."""
    assert missing(["a … c", "d"], "x\na b  c\nd\n") == []
    assert missing(["a"], "b\n") == ["a"]
    assert missing(["a", "b"], "b\na\n") == ["b"]
    assert expected("true\n  # => a\n# b\n") == ["a"]
    assert blocks("<!-- run -->\n```sh\nx\n```\n```sh\ny\n```\n") == ["x\n"]


class Run:
    def __init__(self, martlet: pathlib.Path, folder: pathlib.Path) -> None:
        self.folder = folder
        self.http, self.grpc = free_ports(2)
        (folder / "bin").mkdir()
        (folder / "bin" / "martlet").symlink_to(martlet)
        (folder / "work").mkdir()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("MARTLET_")} | {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config"),
            "MARTLET_HTTP": f"127.0.0.1:{self.http}", "MARTLET_GRPC": f"127.0.0.1:{self.grpc}",
            "MARTLET_SERVER": f"127.0.0.1:{self.grpc}",
        }
        # What a block leaves behind is in its group, too, and ends with this script even where that is killed.
        self.leash = Leash()
        self.started: list[subprocess.Popen] = []

    def start(self, command: list[str], output) -> subprocess.Popen:
        process = subprocess.Popen(
            command, cwd=self.folder / "work", env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, process_group=self.leash.group)
        self.started.append(process)
        return process

    def serve(self) -> None:
        path = self.folder / "serve.out"
        with path.open("wb") as output:
            server = self.start(["martlet", "serve"], output)
        deadline = time.monotonic() + SECONDS
        while " is serving: " not in path.read_text():
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the server does not serve:\n{path.read_text()}")
            time.sleep(0.02)

    def block(self, number: int, text: str) -> bool:
        script = text.replace(HTTP, self.http).replace(GRPC, self.grpc)
        path = self.folder / f"block-{number}.out"
        # A file, not a pipe: what goes on in the background must not keep this from ending.
        with path.open("wb") as output:
            process = self.start(["bash", "-e", "-o", "pipefail", "-c", script], output)
        try:
            status = str(process.wait(SECONDS))
        except subprocess.TimeoutExpired:
            status = f"none after {SECONDS} s"
        printed = path.read_text(errors="replace").replace(self.http, HTTP).replace(self.grpc, GRPC)
        lost = missing(expected(text), printed)
        if status == "0" and not lost:
            return True
        print(f"--- block {number}: exit status {status}\n{text}--- it printed\n{printed}", file=sys.stderr)
        if lost:
            print("--- not there, in this order\n" + "\n".join(lost), file=sys.stderr)
        return False

    def end(self) -> None:
        self.leash.end()
        for process in self.started:
            process.wait()


def main() -> int:
    check_checker()
    martlet = pathlib.Path(sys.argv[1]).resolve()
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    readme = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else root / "README.md"
    found = blocks(readme.read_text())
    if not found:
        raise SystemExit(f"{readme} has no block to run")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="martlet-readme-"))
    run = Run(martlet, folder)
    try:
        run.serve()
        good = all([run.block(number, text) for number, text in enumerate(found, 1)])
    finally:
        run.end()
        shutil.rmtree(folder)
    print(f"{readme.name}: {len(found)} blocks run, " + ("all as it says" if good else "not as it says"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
