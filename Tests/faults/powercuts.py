"""Losses of power: every image of the disk that one may leave is opened, and holds all that was acknowledged before."""

from __future__ import annotations

import errno
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from caller import Notebook
from crew import Progress, crew
from history import Record
from processes import Broken, Leash, Server
from script import OPTIONS, Script, ends, look_back
from shim import Shim
from disk import Disk, Step, steps

#: What a record becomes whose answer came after the cut.
UNTOLD = {"outcome": "unknown", "status": 0, "reason": "", "ids": []}


@dataclass(frozen=True)
class Story:
    """One run that was traced."""

    name: str
    records: list[Record]
    steps: list[Step]

    def before(self, place: int) -> list[Record]:
        """What had been asked and told when the trace had that length."""
        told = []
        for record in self.records:
            kind, is_told = record["type"], record["place"] <= place
            if kind.endswith("-begins"):
                # What was asked at the cut or later had written nothing.
                if record["place"] < place:
                    told.append(record)
            elif is_told:
                told.append(record)
            elif "outcome" in record:
                told.append({**record, **{key: UNTOLD[key] for key in UNTOLD if key in record}})
        return told


@dataclass(frozen=True)
class Cut:
    """One image: a story up to one of its steps, and what the loss of power leaves of it."""

    story: Story
    step: int
    how: str
    number: int

    def __str__(self) -> str:
        return f"{self.story.name}/{self.step}/{self.how}/{self.number}"


class PowerCuts:
    def __init__(self, program: Path, library: Path, folder: Path) -> None:
        self._program = program
        self._library = library
        self._folder = folder

    def story(self, name: str, bulk: int = 0, failing: tuple[str, int] | None = None) -> Story:
        """Runs the script with the shim writing everything down; the sync of that kind and number fails on the way."""
        folder = self._folder / name
        folder.mkdir()
        trace = folder / "trace"
        shim = Shim(self._library, folder / "data", folder / "control", trace)
        notebook = Notebook(lambda: trace.stat().st_size)
        script = Script(name, notebook, bulk)
        if failing:
            shim.fail(*failing, errno.EIO, forever=False)
        leash = Leash()
        try:
            for life, doing in (("first", script.first_life), ("second", script.second_life)):
                self._live(doing, folder, folder / life, leash, shim)
        finally:
            leash.end()
        made = Story(name, notebook.records, list(steps(trace)))
        if failing and not shim.failed:
            raise Broken(f"{name}: there is no {failing[0]} number {failing[1]} that could fail")
        shutil.rmtree(folder)
        return made

    def _live(self, doing, folder: Path, logs: Path, leash: Leash, shim: Shim) -> None:
        logs.mkdir()
        try:
            server = Server(self._program, folder / "data", logs, leash, OPTIONS, shim.env)
        except Broken:
            # The sync that failed stopped the start.
            return
        doing(server.ports.http)
        if wrong := ends(server.child):
            raise Broken(wrong)

    def run(self, story: Story, seed: str, most: int, aftermath: int = 0) -> tuple[Counter[str], list[str]]:
        """Opens so many of a story's images, or all of them, and so many more of those that follow a sync that failed:
        there the disk and what can be read of it are two things."""
        random, disk = Random(f"{seed}/{story.name}"), Disk()
        share = most / (6 * len(story.steps))
        later = aftermath / (6 * len(story.steps) / 2)
        figures: Counter[str] = Counter()
        violations: list[str] = []
        progress = Progress(f"cuts of {story.name}", len(story.steps))
        with crew() as pool:
            for number, step in enumerate(story.steps):
                progress.at(number)
                disk.follow(step)
                cuts = [Cut(story, number, how, 0) for how in ("prefix", "synced", "torn")]
                cuts += [Cut(story, number, "random", one) for one in range(3)]
                cuts = [cut for cut in cuts if random.random() < (share + later if disk.has_failed else share)]
                images = [disk.image(cut.how, random) for cut in cuts]
                for cut, found in zip(cuts, pool.map(self._open, cuts, images)):
                    figures[f"images, {cut.how}"] += 1
                    violations += [f"{cut}: {violation}" for violation in found]
        return figures, violations

    def _open(self, cut: Cut, image: dict[str, bytes]) -> list[str]:
        folder = self._folder / str(cut).replace("/", "-")
        data, logs = folder / "data", folder / "logs"
        data.mkdir(parents=True)
        logs.mkdir()
        for name, content in image.items():
            (data / name).write_bytes(content)
        notebook = Notebook()
        notebook.records = cut.story.before(cut.story.steps[cut.step].end)
        known = [job for record in notebook.records if record["type"] == "submit" for job in record["ids"]]
        leash = Leash()
        try:
            found = look_back(self._program, data, logs, leash, notebook, known)
        except Broken as broken:
            found = [f"it does not open: {broken}"]
        finally:
            leash.end()
        if not found:
            shutil.rmtree(folder)
        return found
