"""Faults at the real boundaries of the real server: its disk, its files, its clocks, and standing still.

A fault is what is done to the server; a violation is a promise that it then does not keep.

    python3 Tests/faults/faults.py                               a slice of every part, from a seed that is printed
    python3 Tests/faults/faults.py --whole                       all of it
    python3 Tests/faults/faults.py --parts points,cuts --seed 7  some parts
    python3 Tests/faults/faults.py --point sync:12:EIO:once      one fault point again

Exit code 0: every promise was kept. Otherwise the folders of what failed stay where the last line says. The part `full`
mounts a disk of its own and needs root: without it nothing is run, unless other parts are named."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from typing import Callable

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "torture"))

from clocks import ahead, jumps  # noqa: E402
from corruptions import Corruptions  # noqa: E402
from fulldisk import full_disk  # noqa: E402
from points import Point, Points, chosen  # noqa: E402
from powercuts import PowerCuts  # noqa: E402
from rates import FASTER, SLOWER, rates  # noqa: E402
from shim import build  # noqa: E402
from slowness import cut_short, slow_disk, stalled_writes, stopped_server, stopped_worker  # noqa: E402
from story import Verdict  # noqa: E402
from figures import table  # noqa: E402

Found = tuple[Counter[str], list[str]]

PARTS = ("points", "cuts", "corruptions", "full", "slow", "stopped", "clocks")

#: Of the view's syncs, those with which it moves its write-ahead log into its file at the end of its first life.
VIEW_SYNCS = (5, 6)


@dataclass(frozen=True)
class Size:
    """How much of each part is done."""

    points: int
    #: How many images of each story, how many where each is large, and how many stories of each sort.
    images: int
    large_images: int
    #: How many more where the view is moved into its file after one of its syncs failed.
    aftermath: int
    stories: int
    corruptions: int
    #: How often the disk is filled, and how often something stands still.
    rounds: int
    delays: tuple[float, ...]


SLICE = Size(
    points=64, images=60, large_images=15, aftermath=200, stories=1, corruptions=300, rounds=1, delays=(0.1, 0.5, 3))
WHOLE = Size(
    points=10**9, images=10**9, large_images=300, aftermath=0, stories=2, corruptions=10_000, rounds=10,
    delays=(0.1, 0.5, 1, 3, 5))


class Faults:
    """The parts, by name."""

    def __init__(self, program: Path, folder: Path, seed: str, size: Size, points: list[Point]) -> None:
        self._program = program
        self._folder = folder
        self._seed = seed
        self._size = size
        self._points = points
        self._library = build(folder)

    def part(self, name: str) -> Callable[[], Found]:
        """The method of that name."""
        return getattr(self, name)

    def points(self) -> Found:
        points = Points(self._program, self._library, self._folder / "points")
        if self._points:
            return points.run(self._points)
        return points.run(chosen(points.all(), self._size.points, Random(self._seed)))

    def cuts(self) -> Found:
        """Stories of four sorts: small, with enough bytes for the log to empty its own, with a sync of the log that
        fails, and with one of the view's."""
        cuts, size, random = PowerCuts(self._program, self._library, self._folder), self._size, Random(self._seed)
        found = []
        for number in range(size.stories):
            name = f"{self._seed}-{number}"
            found.append(cuts.run(cuts.story(f"small-{name}"), self._seed, size.images))
            found.append(cuts.run(cuts.story(f"bulk-{name}", bulk=6_000_000), self._seed, size.large_images))
            failing = cuts.story(f"failing-{name}", failing=("sync", random.randint(12, 60)))
            found.append(cuts.run(failing, self._seed, size.images))
            for sync in VIEW_SYNCS:
                failing = cuts.story(f"failing-view-{sync}-{name}", failing=("view-sync", sync))
                found.append(cuts.run(failing, self._seed, size.images, size.aftermath))
        return together(found)

    def corruptions(self) -> Found:
        folder = self._folder / "corruptions"
        folder.mkdir()
        return Corruptions(self._program, folder).run(self._size.corruptions, self._seed)

    def full(self) -> Found:
        return full_disk(self._program, self._folder / "full", self._size.rounds)

    def slow(self) -> Found:
        rest = (self._program, self._library)
        return together([
            slow_disk(*rest, self._folder / "slow", list(self._size.delays)),
            stalled_writes(*rest, self._folder / "stalled"), cut_short(*rest, self._folder / "cut-short")])

    def stopped(self) -> Found:
        return together([
            stopped_server(self._program, self._folder / "stopped-server", self._size.rounds),
            stopped_worker(self._program, self._folder / "stopped-worker", self._size.rounds)])

    def clocks(self) -> Found:
        rest = (self._program, self._library)
        return together([
            jumps(*rest, self._folder / "jumps", between_starts=False),
            jumps(*rest, self._folder / "restarts", between_starts=True),
            ahead(*rest, self._folder / "ahead"),
            rates(*rest, self._folder / "slower", SLOWER), rates(*rest, self._folder / "faster", FASTER)])


def together(found: list[Found]) -> Found:
    figures: Counter[str] = Counter()
    for some, _ in found:
        figures += some
    return figures, [violation for _, violations in found for violation in violations]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", default=None, help="otherwise by chance, and printed")
    parser.add_argument("--parts", default="", help=f"{', '.join(PARTS)}; all of them if none is named")
    parser.add_argument("--whole", action="store_true", help="every fault point and image, 10,000 corruptions")
    parser.add_argument("--point", action="append", default=[], help="KIND:NUMBER:EIO|ENOSPC:once|forever")
    parser.add_argument("--bin", type=Path, default=HERE.parent.parent / ".build/release/martlet")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="where the run's folder is made")
    parser.add_argument("--mounted", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def wanted(chosen_options: argparse.Namespace) -> list[str]:
    """The parts to run. Ends the program where one cannot be: a run that left it out would look like a whole one."""
    if chosen_options.point:
        return ["points"]
    names = [name for name in chosen_options.parts.split(",") if name] or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        raise SystemExit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if "full" in names and os.geteuid() != 0:
        others = ",".join(name for name in names if name != "full")
        way_out = f", or without that part: --parts {others}, or make faults PARTS={others}" if others else ""
        raise SystemExit(
            "NOTHING WAS RUN: the part `full` fills a disk of its own, and only root may mount one.\n"
            f"Run this as root{way_out}")
    return names


def main() -> int:
    chosen_options = options()
    names = wanted(chosen_options)
    if not chosen_options.mounted and os.geteuid() == 0:
        # Whatever is mounted is gone with this process, however it ends.
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv, "--mounted"])
    seed = chosen_options.seed or str(SystemRandom().randrange(1_000_000))
    folder = Path(tempfile.mkdtemp(prefix=f"martlet-faults-{seed}-", dir=chosen_options.folder))
    size = WHOLE if chosen_options.whole else SLICE
    points = [Point.parse(text) for text in chosen_options.point]
    faults = Faults(chosen_options.bin.resolve(), folder, seed, size, points)
    print(f"seed {seed}", file=sys.stderr, flush=True)
    wrong = sum(len(tell(name, faults.part(name))) for name in names)
    if not wrong:
        shutil.rmtree(folder)
    told = f"{wrong} violations, in {folder}" if wrong else "every promise was kept"
    print(f"seed {seed}; {told}", file=sys.stderr)
    return 1 if wrong else 0


def tell(name: str, part: Callable[[], Found]) -> list[str]:
    begin = time.monotonic()
    try:
        figures, violations = part()
    except Exception as failure:  # noqa: BLE001 - reported, and the other parts go on
        figures, violations = Counter(), [f"{type(failure).__name__}: {failure}"]
    print(f"{name}, {time.monotonic() - begin:.0f} s")
    counted = {f"  {key}": figures[key] for key in sorted(figures)}
    print(table(Verdict(figures=counted | {"  violations": len(violations)})))
    for violation in violations[:50]:
        print(f"VIOLATION {name}: {violation}", file=sys.stderr)
    sys.stdout.flush()
    return violations


if __name__ == "__main__":
    sys.exit(main())
