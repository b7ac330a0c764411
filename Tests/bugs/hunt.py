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
import time
from dataclasses import dataclass

import tree

TABLE = tree.ROOT / "docs" / "SEEDED-BUGS.md"
#: Of searching the copy with no bug switched on.
CONTROL_MINUTES = 0.5
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


def search(simulator, number, options, minutes):
    """Runs the simulator with the bug of that number, until something goes wrong or time is over."""
    command = [
        simulator, "--seed", str(options.seed), "--seeds", "1000000", "--minutes", str(minutes),
        "--storm", str(options.storm), "--first", "--progress"]
    environment = {**os.environ, "MARTLET_BUG": str(number), "SWIFT_BACKTRACE": "enable=no"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=minutes * 60 + 60)


def control(simulator, options):
    """What the simulator says against the copy with no bug switched on; nothing if all is well."""
    try:
        run = search(simulator, 0, options, CONTROL_MINUTES)
    except subprocess.TimeoutExpired as late:
        return f"seed {last_seed(late.stderr)} does not end"
    if run.returncode != 0:
        return f"exit code {run.returncode}\n{run.stdout[-3000:]}{run.stderr[-1000:]}"
    return "" if last_seed(run.stderr) is not None else "no seed was run"


def hunt(simulator, bug, options):
    """The first seed whose life goes wrong with the bug."""
    started = time.monotonic()
    try:
        run = search(simulator, bug.number, options, options.minutes)
    except subprocess.TimeoutExpired as late:
        return Find(bug, last_seed(late.stderr), time.monotonic() - started, "the run does not end")
    seconds = time.monotonic() - started
    if run.returncode == 0:
        return Find(bug, None, seconds, "")
    if run.returncode < 0:
        trap = [line for line in run.stderr.splitlines() if "Fatal error" in line]
        sign = trap[0].split("Fatal error: ")[-1] if trap else f"signal {-run.returncode}"
        return Find(bug, last_seed(run.stderr), seconds, f"stops: {sign}")
    lines = [line.strip() for line in run.stdout.splitlines()]
    failed = next(index for index, line in enumerate(lines) if "FAILED" in line)
    return Find(bug, int(lines[failed].split()[1].rstrip(":")), seconds, lines[failed + 1])


def last_seed(errors):
    """The seed that was run last: the simulator names each on standard error when asked to."""
    text = errors.decode() if isinstance(errors, bytes) else errors or ""
    seeds = [line.split()[1] for line in text.splitlines() if line.startswith("seed ")]
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
