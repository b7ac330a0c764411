"""Switches on each seeded bug and lets the simulator find it; writes the table in docs/SEEDED-BUGS.md.

    python3 Tests/bugs/hunt.py --minutes 10

Before that the same copy must be clean with no bug switched on: who accuses the sound code would find every bug.
"""

import argparse
import concurrent.futures
import datetime
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

import tree

TABLE = tree.ROOT / "docs" / "SEEDED-BUGS.md"
#: Of searching the copy with no bug switched on.
CONTROL_MINUTES = 0.5
#: Seconds after which a run that should have ended is ended.
GRACE = 60
HEAD = """\
# Seeded bugs

Each line is a mistake that somebody could make. `make bugs` copies the sources, builds the simulator with each mistake
as a switch, and searches for each on its own for at most {minutes:g} minutes on one core, from seed {seed} on, with storms
of {storm} virtual seconds. This table is what it found last. The mistakes stand in `Tests/bugs/*.toml`; the real sources
know nothing of them.

**{found} of {all} found**, {date}.

| bug | what is wrong | seed | after | how it shows |
| --- | --- | --- | --- | --- |
"""


@dataclass
class Find:
    bug: tree.Bug
    seed: int | None
    seconds: float
    sign: str


@dataclass
class Run:
    """What the simulator said until a seed failed, or until it ended."""

    #: How it ended; nil for one that was ended because a seed had failed, or because time was over.
    code: int | None
    lines: list[str]
    errors: str
    seconds: float

    @property
    def failure(self):
        """The seed that failed and the first thing that is wrong; nothing if none did."""
        for line, sign in zip(self.lines, self.lines[1:]):
            if "FAILED" in line:
                return int(line.split()[1].rstrip(":")), sign
        return None


def search(simulator, number, options, minutes):
    """Runs the simulator with the bug of that number, until something goes wrong or time is over. What it tells after
    that, how to see it again, may take long."""
    command = [
        simulator, "--seed", str(options.seed), "--seeds", "1000000", "--minutes", str(minutes),
        "--storm", str(options.storm), "--first", "--progress"]
    environment = {**os.environ, "MARTLET_BUG": str(number), "SWIFT_BACKTRACE": "enable=no"}
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        run, late = Run(None, [], "", 0), threading.Event()
        watchdog = threading.Timer(minutes * 60 + GRACE, lambda: (late.set(), process.kill()))
        watchdog.start()
        for line in process.stdout:
            run.lines.append(line.strip())
            if run.failure:
                process.kill()
                break
        code = process.wait()
        watchdog.cancel()
        run.code = None if run.failure or late.is_set() else code
        run.seconds = time.monotonic() - started
        errors.seek(0)
        run.errors = errors.read()
    return run


def control(simulator, options):
    """What the simulator says against the copy with no bug switched on; nothing if all is well."""
    run = search(simulator, 0, options, CONTROL_MINUTES)
    if run.code == 0:
        return "" if last_seed(run.errors) is not None else "no seed was run"
    if run.code is None and not run.failure:
        return f"seed {last_seed(run.errors)} does not end"
    said = "\n".join(run.lines)
    return f"exit code {run.code}\n{said[-3000:]}{run.errors[-1000:]}"


def hunt(simulator, bug, options):
    """The first seed whose life goes wrong with the bug."""
    run = search(simulator, bug.number, options, options.minutes)
    if run.failure:
        seed, sign = run.failure
        return Find(bug, seed, run.seconds, sign)
    if run.code is None:
        return Find(bug, last_seed(run.errors), run.seconds, "the run does not end")
    if run.code == 0:
        return Find(bug, None, run.seconds, "")
    trap = [line for line in run.errors.splitlines() if "Fatal error" in line]
    how = f"signal {-run.code}" if run.code < 0 else f"exit code {run.code}"
    sign = trap[0].split("Fatal error: ")[-1] if trap else how
    return Find(bug, last_seed(run.errors), run.seconds, f"stops: {sign}")


def last_seed(errors):
    """The seed that was run last: the simulator names each on standard error when asked to."""
    seeds = [line.split()[1] for line in errors.splitlines() if line.startswith("seed ")]
    return int(seeds[-1]) if seeds else None


def write(finds, options):
    found = sum(find.seed is not None for find in finds)
    text = HEAD.format(
        minutes=options.minutes, seed=options.seed, storm=options.storm, found=found, all=len(finds),
        date=datetime.date.today().isoformat())
    for find in finds:
        sign = tidy(find.sign) if find.seed is not None else "**not found**"
        seed = "-" if find.seed is None else str(find.seed)
        text += f"| {find.bug.name} | {find.bug.what} | {seed} | {find.seconds:.0f} s | {sign} |\n"
    TABLE.write_text(text)
    return found


def tidy(sign):
    """Identifiers mean nothing in a table."""
    sign = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", sign).replace("|", "/")
    return sign if len(sign) <= 100 else sign[:99] + "…"


def chosen(parser, only, every):
    """The bugs that are named, or all of them. Ends the program where one is not there: none of none would be all."""
    wanted = only.split(",") if only else [bug.name for bug in every]
    if unknown := set(wanted) - {bug.name for bug in every}:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    return [bug for bug in every if bug.name in wanted]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="for each bug")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--storm", type=int, default=40)
    parser.add_argument("--only", help="names, separated by commas; writes no table")
    parser.add_argument("--scratch", default=str(tree.ROOT / ".build-bugs"))
    options = parser.parse_args()
    hunted = chosen(parser, options.only, tree.bugs())
    place = pathlib.Path(options.scratch) / "tree"
    tree.plant(place)
    simulator = tree.build(place)
    if wrong := control(simulator, options):
        sys.exit(f"no hunt: with no bug switched on the simulator is not clean: {wrong}")
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        running = [pool.submit(hunt, simulator, bug, options) for bug in hunted]
        finds = []
        for future in running:
            find = future.result()
            finds.append(find)
            print(f"{find.bug.name}: {find.seed if find.seed is not None else 'NOT FOUND'} "
                  f"after {find.seconds:.0f} s: {find.sign}", flush=True)
    if not options.only:
        write(finds, options)
    found = sum(find.seed is not None for find in finds)
    print(f"{found} of {len(finds)} found")
    sys.exit(0 if found >= 0.95 * len(finds) else 1)


if __name__ == "__main__":
    main()
