"""Reads the history of a run and says what was promised and not kept. Knows nothing of how the load was made."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Callable, Iterable

from figures import check_figures, table
from history import Record, read
from rules_attempts import check_endings, check_paths, check_results, check_runs
from rules_jobs import (
    check_acknowledged, check_counted, check_ended, check_final_states, check_ghosts, check_keys, check_list,
    check_steering,
)
from story import Story, Verdict

Rule = Callable[[Story, Verdict], None]

#: What holds at any moment, whatever still waits or runs.
ALWAYS: list[Rule] = [
    check_acknowledged, check_ghosts, check_keys, check_paths, check_endings, check_results, check_final_states,
    check_steering, check_list,
]
#: What holds at the end of a run.
AT_THE_END: list[Rule] = [*ALWAYS, check_ended, check_counted, check_runs, check_figures]


def check(records: Iterable[Record], rules: list[Rule] = AT_THE_END) -> Verdict:
    story, verdict = Story.of(records), Verdict()
    for one in rules:
        one(story, verdict)
    return verdict


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("history", type=Path, help="the folder with a run's *.jsonl")
    folder = parser.parse_args().history
    verdict = check(read(folder))
    print(table(verdict))
    for violation in verdict.violations[:100]:
        print(f"VIOLATION {violation}", file=sys.stderr)
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())
