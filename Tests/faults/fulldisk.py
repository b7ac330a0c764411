"""A disk that is full and gets room again, on a file system of its own. Needs root, for the mount: see faults.py."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from pathlib import Path

from api import Api
from caller import Attempt
from processes import Ended
from script import uid_in
from stage import Stage

#: How soon a server must serve again once there is room.
PATIENCE = 5.0


def full_disk(program: Path, folder: Path, rounds: int) -> tuple[Counter[str], list[str]]:
    disk = folder / "disk"
    disk.mkdir(parents=True)
    mount(folder / "image", disk)
    try:
        with Stage(program, folder, data=disk / "data") as stage:
            return Fullness(stage, disk).run(rounds)
    finally:
        # Lazily: what was killed a moment ago may still be on its way out.
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def mount(image: Path, disk: Path) -> None:
    """64 MiB of ext4."""
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(disk)], check=True)


class Fullness:
    """Fills the disk and empties it again, and looks each time at what is taken and what is not."""

    def __init__(self, stage: Stage, disk: Path) -> None:
        self._stage = stage
        self._filler = disk / "filler"
        self._caller = stage.caller("caller")
        self._figures: Counter[str] = Counter()
        self._violations: list[str] = []

    def run(self, rounds: int) -> tuple[Counter[str], list[str]]:
        for _ in range(rounds):
            self._round()
        self._restart_while_full()
        self._finish()
        figures, violations = self._stage.verdict()
        return figures + self._figures, violations + self._violations

    def _round(self) -> None:
        self._figures["times filled"] += 1
        self._submit(6)
        held = self._caller.lease(4, seconds=3600)
        self._fill()
        self._submit_until_refused()
        if Api(self._stage.port).get("/readyz").status != 503:
            self._violations.append("it says that it is ready while it refuses submissions")
        for attempt in held:
            self._complete(attempt)
        self._filler.unlink()
        self._wait_for_room()

    def _restart_while_full(self) -> None:
        """Killed on a full disk: it starts, or says that there is no room, and starts when there is."""
        self._fill()
        self._submit_until_refused()
        self._stage.server.kill()
        try:
            self._stage.server.start_again()
            self._figures["starts on a full disk"] += 1
        except Ended as ended:
            if ended.child.exit_code != 1 or "room" not in ended.child.last_words():
                self._violations.append(f"started on a full disk: {ended}")
            self._figures["starts refused for want of room"] += 1
            self._filler.unlink()
            self._stage.server.start_again()
        self._filler.unlink(missing_ok=True)
        self._wait_for_room()

    def _fill(self) -> None:
        descriptor = os.open(self._filler, os.O_CREAT | os.O_WRONLY)
        for size in (1 << 20, 4096):
            try:
                while True:
                    os.write(descriptor, bytes(size))
            except OSError:
                pass
        os.close(descriptor)

    def _submit_until_refused(self) -> None:
        for _ in range(500):
            if not self._submit(1, size=20_000):
                status = self._stage.notebook.records[-1]["status"]
                if status != 429:
                    self._violations.append(f"refused with {status} on a full disk, 429 is documented")
                return
        self._violations.append("500 submissions of 20 kB were taken on a full disk")

    def _wait_for_room(self) -> None:
        begin = time.monotonic()
        while not self._submit(1):
            if time.monotonic() - begin > PATIENCE:
                self._violations.append(f"still refused {PATIENCE} s after there was room")
                return
            time.sleep(0.05)
        took = round(1000 * (time.monotonic() - begin))
        self._figures["slowest return, ms"] = max(self._figures["slowest return, ms"], took)

    def _submit(self, count: int, size: int = 0) -> list[str]:
        ids = self._caller.submit(self._stage.uids(count), size)
        self._stage.known += ids
        return ids

    def _complete(self, attempt: Attempt) -> None:
        self._figures["completions on a full disk"] += 1
        answer = self._caller.complete(attempt, uid_in(attempt))
        if not answer.is_ok:
            self._violations.append(f"a completion was not taken on a full disk: {answer}")

    def _finish(self) -> None:
        while attempts := self._caller.lease(100, wait=0.2):
            for attempt in attempts:
                self._caller.complete(attempt, uid_in(attempt))
