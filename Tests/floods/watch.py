"""What the server's process holds: memory, descriptors, processor time."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int:
    """Its proportional set size, in bytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no Pss")


def resident(pid: int, line: str) -> int:
    """Its resident set size (`VmRSS`), or the most that this ever was (`VmHWM`), in bytes."""
    for words in Path(f"/proc/{pid}/status").read_text().splitlines():
        if words.startswith(f"{line}:"):
            return int(words.split()[1]) * 1024
    raise ValueError(f"no {line}")


def descriptors(pid: int) -> int:
    """Its open sockets. Files come and go with the server's own work."""
    folder = f"/proc/{pid}/fd"
    return sum(1 for name in os.listdir(folder) if link(f"{folder}/{name}").startswith("socket:"))


def link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        # It was closed meanwhile.
        return ""


def processor(pid: int) -> float:
    """Seconds that it has run so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICKS


class Watch:
    """Looks again and again until it is ended, and keeps the most. Of memory the kernel tells what passed between two
    looks."""

    def __init__(self, pid: int, every: float = 0.1) -> None:
        self._pid = pid
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._begin = time.monotonic()
        self._spent = processor(pid)
        # From now on the most is that of this watch.
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        self.peak = memory(pid)
        self._resident = resident(pid, "VmRSS")
        self._before = self.peak
        self.most_descriptors = descriptors(pid)
        self.load = 0.0
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        self.load = (processor(self._pid) - self._spent) / (time.monotonic() - self._begin)

    def _look(self) -> None:
        is_over = False
        while not is_over:
            # Once more at the end, for what the last look missed.
            is_over = self._over.wait(self._every)
            try:
                grown = resident(self._pid, "VmHWM") - self._resident
                self.peak = max(self.peak, memory(self._pid), self._before + grown)
                self.most_descriptors = max(self.most_descriptors, descriptors(self._pid))
            except (OSError, ValueError):
                # It is gone: the judge will see that.
                return
