"""I/O errors: the n-th call of each kind fails, once or from then on. What was acknowledged must outlast it."""

from __future__ import annotations

import errno
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Callable

from caller import Notebook
from crew import each
from processes import Broken, Child, Ended, Leash, Server
from script import OPTIONS, Script, ends, judged, look_back, settles
from shim import KINDS, Shim

#: A disk that is full, and a quota that is used up: the same for whoever writes.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Point:
    """One call that fails."""

    kind: str
    number: int
    error: int
    forever: bool

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}:{errno.errorcode[self.error]}:{'forever' if self.forever else 'once'}"

    @classmethod
    def parse(cls, text: str) -> Point:
        kind, number, error, how = text.split(":")
        return cls(kind, int(number), getattr(errno, error), how == "forever")


@dataclass
class Tale:
    """What came of one run."""

    calls: dict[str, int] = field(default_factory=dict)
    was_hit: bool = False
    exits: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


class Points:
    """Runs the script again and again, each time with another fault."""

    def __init__(self, program: Path, library: Path, folder: Path) -> None:
        self._program = program
        self._library = library
        self._folder = folder

    def all(self) -> list[Point]:
        """Every call that a run without faults makes, and some more: threads differ from run to run."""
        calls = self.tell(None, "count").calls
        for kind in KINDS:
            # Then nothing stands between the server and its disk, and no fault is ever made.
            if not calls.get(kind):
                raise ValueError(f"the script makes no {kind}")
        return [
            Point(kind, number, error, forever)
            for kind in KINDS for number in range(1, calls[kind] + calls[kind] // 20 + 2)
            for error in (errno.EIO, *(NO_ROOM if kind == "write" else NO_ROOM[:1])) for forever in (False, True)
        ]

    def run(self, points: list[Point]) -> tuple[Counter[str], list[str]]:
        figures: Counter[str] = Counter()
        violations: list[str] = []
        for point, tale in zip(points, each("points", self._safely, points)):
            figures["fault points tried" if tale.was_hit else "calls that were not made"] += 1
            if tale.was_hit:
                figures[f"faults of {point.kind}"] += 1
            figures.update(tale.exits)
            violations += [f"{point}: {violation}" for violation in tale.violations]
        return figures, violations

    def _safely(self, point: Point) -> Tale:
        try:
            return self.tell(point, str(point).replace(":", "-"))
        except Exception as failure:  # noqa: BLE001 - reported with its point
            return Tale(violations=[f"{type(failure).__name__}: {failure}"])

    def tell(self, point: Point | None, name: str) -> Tale:
        folder = self._folder / name
        folder.mkdir(parents=True)
        leash = Leash()
        try:
            tale = self._tell(point, folder, leash)
        finally:
            leash.end()
        if not tale.violations:
            shutil.rmtree(folder)
        return tale

    def _tell(self, point: Point | None, folder: Path, leash: Leash) -> Tale:
        data, tale, notebook = folder / "data", Tale(), Notebook()
        shim = Shim(self._library, data, folder / "control")
        script = Script("points", notebook)
        if point is not None:
            shim.fail(point.kind, point.number, point.error, point.forever)
        for life, doing in (("first", script.first_life), ("second", script.second_life)):
            self._live(life, doing, script, folder, leash, shim, tale, point)
        tale.calls, tale.was_hit = shim.calls, shim.failed > 0
        shim.close()
        self._look_back(script, notebook, folder, leash, tale)
        return tale

    def _live(
        self, life: str, doing: Callable[[int], None], script: Script, folder: Path, leash: Leash, shim: Shim,
        tale: Tale, point: Point | None,
    ) -> None:
        logs = folder / life
        logs.mkdir()
        try:
            server = Server(self._program, folder / "data", logs, leash, OPTIONS, shim.env)
        except Ended as ended:
            tale.exits.append(f"starts refused with {ended.child.exit_code}")
            if wrong := judged(ended.child):
                tale.violations.append(wrong)
            return
        doing(server.ports.http)
        is_over = point is not None and not point.forever
        if is_over and shim.failed and server.child.exit_code is None:
            if wrong := settles(server, script):
                tale.violations.append(f"{life} life: {wrong}")
        if wrong := ends(server.child) or point is not None and gives_up(point, server.child):
            tale.violations.append(f"{life} life: {wrong}")
        tale.exits.append(f"servers ended with {server.child.exit_code}")

    def _look_back(self, script: Script, notebook: Notebook, folder: Path, leash: Leash, tale: Tale) -> None:
        logs = folder / "after"
        logs.mkdir()
        try:
            tale.violations += look_back(self._program, folder / "data", logs, leash, notebook, script.known)
        except Broken as broken:
            tale.violations.append(f"it does not start on an intact disk: {broken}")


def gives_up(point: Point, child: Child) -> str:
    """Whether a server that serves ended itself because it could not write for want of room: it should wait for room.

    The mark is written in place, into blocks that it has: where that fails, the log's end is in doubt."""
    is_room = point.kind == "write" and point.error in NO_ROOM and "log.mark" not in child.last_words()
    return f"it ends for want of room: {child.last_words()}" if is_room and child.exit_code == 70 else ""


def chosen(points: list[Point], count: int, random: Random) -> list[Point]:
    """All of them, or a fair share of each kind."""
    if count >= len(points):
        return points
    by_kind = [[point for point in points if point.kind == kind] for kind in KINDS]
    picked = [random.sample(of, min(len(of), count // len(KINDS))) for of in by_kind]
    return [point for some in picked for point in some]
