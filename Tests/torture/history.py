"""What happened, as the clients saw it: one JSON object on each line of a file, written as it happens."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any, Iterator

Record = dict[str, Any]


class History:
    """Appends records to a file. Each is handed to the kernel at once, so that kill -9 loses none."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "ab", buffering=0)
        self._lock = threading.Lock()

    def write(self, kind: str, **fields: Any) -> None:
        line = json.dumps({"type": kind, "t": time.time(), **fields}, separators=(",", ":"))
        with self._lock:
            self._file.write(line.encode() + b"\n")

    def close(self) -> None:
        self._file.close()


def read(folder: Path) -> Iterator[Record]:
    """All records of a run, file by file. A last line that its writer could not finish is left out."""
    for path in sorted(folder.glob("*.jsonl")):
        with open(path, "rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    continue
                yield json.loads(line)
