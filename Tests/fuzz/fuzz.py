"""Replays what was found and the corpora, then lets libFuzzer look for more.

    python3 Tests/fuzz/fuzz.py --bin .build/release/martlet-fuzz --seconds 120 [--target http-body] [--minimise]

Exit code 0: nothing was found. An input that breaks something is kept in Tests/fuzz/findings; commit it with its fix."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).resolve().parent
#: A decoder that needs more for inputs as small as ours would be a way to bring the server down.
BOUNDS = ["-rss_limit_mb=512", "-timeout=5", "-malloc_limit_mb=256"]
#: Keeps the tree small. libFuzzer finds its way back from few files.
LARGEST_CORPUS = 24


@dataclass(frozen=True)
class Target:
    name: str
    longest: int

    @property
    def flag(self) -> str:
        return f"--target={self.name}"


@dataclass(frozen=True)
class Ending:
    """How one run of libFuzzer ended."""

    code: int
    executions: int
    coverage: int
    features: int
    seconds: int
    #: What broke it, in base64: where nothing but the output is kept, it is all that is left.
    input: str = ""


@dataclass(frozen=True)
class Fuzzer:
    program: Path
    #: Corpora that grow from run to run, outside the tree.
    work: Path

    def call(self, *arguments: str | Path, quiet: bool = True) -> subprocess.CompletedProcess[str]:
        # What was freed is watched for a while; by default that alone may take half of the memory allowed.
        environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", ASAN_OPTIONS="quarantine_size_mb=32")
        done = subprocess.run(
            [str(self.program), *map(str, arguments)], env=environment, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0 or not quiet:
            print(done.stdout[-6000:])
        return done

    def prepare(self, word: str, *arguments: str | Path) -> str:
        """What the program says. Where this fails there is little to try or nothing: ends this one, too."""
        done = self.call(word, *arguments)
        if done.returncode != 0:
            raise SystemExit(f"FOUND {self.program.name} {word}: exit code {done.returncode}")
        return done.stdout

    def targets(self) -> list[Target]:
        lines = self.prepare("list").split("\n")
        return [Target(name, int(longest)) for name, longest in (line.split() for line in lines if line)]

    def seed(self) -> None:
        (self.work / "seeds").mkdir(parents=True, exist_ok=True)
        self.prepare("seed", self.work / "seeds")

    def replay(self, target: Target) -> tuple[int, int]:
        """How many inputs there are, and how the program ended."""
        files = [file for kind in ("findings", "corpus") for file in inputs(HERE / kind / target.name)]
        files += inputs(self.work / "seeds" / target.name)
        # Without a file libFuzzer would begin to search.
        return len(files), self.call(target.flag, *BOUNDS, *files).returncode if files else 0

    def search(self, target: Target, seconds: int) -> Ending:
        findings = HERE / "findings" / target.name
        findings.mkdir(parents=True, exist_ok=True)
        done = self.call(
            target.flag, *BOUNDS, *self.corpora(target), f"-max_total_time={seconds}", f"-max_len={target.longest}",
            f"-artifact_prefix={findings}/", "-print_final_stats=1", "-use_value_profile=1", "-reload=0")
        # Another run may have been here, too.
        if findings.is_dir() and not any(findings.iterdir()):
            findings.rmdir()
        return ending(done.returncode, done.stdout)

    def minimise(self, target: Target) -> int:
        """Makes the corpus anew: the least that covers what is covered. Returns how many files there are; 0 if the
        merge fails, and then all stays as it is."""
        corpus = HERE / "corpus" / target.name
        fresh = self.work / "merged" / target.name
        fresh.mkdir(parents=True, exist_ok=True)
        for file in fresh.iterdir():
            file.unlink()
        merge = self.call(target.flag, *BOUNDS, f"-max_len={target.longest}", "-merge=1", fresh, *self.corpora(target))
        if merge.returncode != 0 or not inputs(fresh):
            return 0
        corpus.mkdir(parents=True, exist_ok=True)
        for file in corpus.iterdir():
            file.unlink()
        # The smallest say most for their size; the seeds are replayed beside them.
        kept = sorted(inputs(fresh), key=lambda file: (file.stat().st_size, file.name))
        step = max(1, -(-len(kept) // LARGEST_CORPUS))
        for file in kept[::step]:
            (corpus / file.name).write_bytes(file.read_bytes())
        return len(inputs(corpus))

    def corpora(self, target: Target) -> list[Path]:
        """The first is the one that grows."""
        own = self.work / "corpus" / target.name
        own.mkdir(parents=True, exist_ok=True)
        return [own] + [
            folder for folder in (HERE / "corpus" / target.name, self.work / "seeds" / target.name) if folder.is_dir()]


def inputs(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else []


def ending(code: int, output: str) -> Ending:
    def last(pattern: str) -> int:
        found = re.findall(pattern, output)
        return int(found[-1]) if found else 0

    executions = last(r"stat::number_of_executed_units: (\d+)") or last(r"#(\d+)")
    said = re.findall(r"^Base64: (\S+)", output, re.MULTILINE)
    return Ending(
        code, executions, last(r"cov: (\d+)"), last(r"ft: (\d+)"), last(r"Done \d+ runs in (\d+) second"),
        said[-1] if said else "")


def verdict(target: Target, end: Ending) -> str:
    """What is wrong with how a search ended; nothing if all is well."""
    if end.code != 0:
        return f"{target.name}: exit code {end.code}, see Tests/fuzz/findings/{target.name} {end.input}"
    return "" if end.executions else f"{target.name}: the search tried nothing"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="martlet-fuzz")
    parser.add_argument("--work", type=Path, default=HERE.parent.parent / ".build-fuzz", help="where corpora grow")
    parser.add_argument("--target", action="append", help="otherwise all in turn")
    parser.add_argument("--seconds", type=int, default=120, help="for all targets together")
    parser.add_argument("--minimise", action="store_true", help="make the corpora in the tree anew afterwards")
    return parser.parse_args()


def choose(targets: list[Target], chosen: argparse.Namespace) -> list[Target]:
    """The targets that are named, or all. Ends the program where one is not there or would have no time."""
    names = chosen.target or [target.name for target in targets]
    if unknown := set(names) - {target.name for target in targets}:
        refuse(f"no such target: {', '.join(sorted(unknown))}")
    if 0 < chosen.seconds < len(set(names)):
        refuse(f"--seconds: 0, or at least one for each of {len(set(names))} targets")
    return [target for target in targets if target.name in names]


def refuse(words: str) -> NoReturn:
    print(words)
    raise SystemExit(64)


def replay(fuzzer: Fuzzer, targets: list[Target]) -> list[str]:
    """What fails of what is known."""
    counts, failed = [], []
    for target in targets:
        count, code = fuzzer.replay(target)
        counts.append(count)
        if code != 0:
            failed.append(f"{target.name}: an input of the tree, exit code {code}")
    print(f"{sum(counts)} inputs replayed")
    return failed


def search(fuzzer: Fuzzer, targets: list[Target], seconds: int) -> list[str]:
    """What fails of what is new."""
    executions, failed = 0, []
    for target in targets:
        end = fuzzer.search(target, seconds)
        executions += end.executions
        print(f"{target.name:12} {end.executions:12,} executions  cov {end.coverage:6}  ft {end.features:6}", flush=True)
        if wrong := verdict(target, end):
            failed.append(wrong)
    print(f"{executions:,} executions")
    return failed


def minimise(fuzzer: Fuzzer, targets: list[Target]) -> list[str]:
    failed = []
    for target in targets:
        count = fuzzer.minimise(target)
        print(f"{target.name:12} {count:4} files")
        if count == 0:
            failed.append(f"{target.name}: no merge")
    return failed


def main() -> int:
    chosen = arguments()
    fuzzer = Fuzzer(chosen.bin.resolve(), chosen.work.resolve())
    fuzzer.seed()
    targets = choose(fuzzer.targets(), chosen)
    failed = replay(fuzzer, targets)
    if chosen.seconds > 0:
        failed += search(fuzzer, targets, chosen.seconds // len(targets))
    if chosen.minimise:
        failed += minimise(fuzzer, targets)
    for line in failed:
        print("FOUND", line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
