"""Many runs at one time, and how far they are."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Iterator, Sequence, TypeVar

Found = TypeVar("Found")

#: More than there are processors: most runs wait, for a disk that stays full or a server that ends.
AT_ONCE = 6
SAY_EVERY = 30.0


class Progress:
    """Says now and then how far something is."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._said = time.monotonic()

    def at(self, done: int) -> None:
        if time.monotonic() - self._said > SAY_EVERY:
            self._said = time.monotonic()
            print(f"{self._what}: {done} of {self._total}", file=sys.stderr, flush=True)


def crew() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE)


def each(what: str, doing: Callable[..., Found], todo: Sequence) -> Iterator[Found]:
    """What `doing` makes of each, in order."""
    progress = Progress(what, len(todo))
    with crew() as pool:
        for done, found in enumerate(pool.map(doing, todo), start=1):
            progress.at(done)
            yield found
