"""The shim between the server and the C library, and the block of memory through which it is driven."""

from __future__ import annotations

import mmap
import struct
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: The clocks first: they must know when they began before they run at another rate.
SOURCES = ("clocks.c", "files.c", "trace.c")
#: In the order of `enum kind` in shim.h.
KINDS = ("read", "write", "sync", "truncate", "rename", "open", "unlink", "allocate",
         "view-sync")
_ERROR, _FOREVER, _FAILED, _DELAY, _SHIFT, _DRIFT = range(2 * len(KINDS), 2 * len(KINDS) + 6)
_SIZE = 8 * (_DRIFT + 1)


def build(folder: Path) -> Path:
    """Compiles the shim; returns its path."""
    made = folder / "shim.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", *(str(HERE / name) for name in SOURCES), "-o",
         str(made), "-ldl", "-lpthread"],
        check=True)
    return made


class Shim:
    """One control block, for all lives of one server on one folder."""

    def __init__(self, library: Path, data: Path, control: Path, trace: Path | None = None) -> None:
        control.write_bytes(bytes(_SIZE))
        with open(control, "r+b") as file:
            self._block = mmap.mmap(file.fileno(), _SIZE)
        self.env = {"LD_PRELOAD": str(library), "FAULTS_CONTROL": str(control), "FAULTS_FOLDER": str(data)}
        if trace is not None:
            trace.touch()
            self.env["FAULTS_TRACE"] = str(trace)

    @property
    def calls(self) -> dict[str, int]:
        return {kind: self._get(number) for number, kind in enumerate(KINDS)}

    @property
    def failed(self) -> int:
        return self._get(_FAILED)

    def fail(self, kind: str, number: int, error: int, forever: bool) -> None:
        """The call of that number fails, and all after it when `forever`."""
        self._set(_ERROR, error)
        self._set(_FOREVER, int(forever))
        self._set(len(KINDS) + KINDS.index(kind), number)

    def delay_syncs(self, seconds: float) -> None:
        self._set(_DELAY, int(seconds * 1e6))

    def move_clock(self, days: int) -> None:
        """The wall clock, from now on."""
        self._set(_SHIFT, days * 86_400)

    def drift(self, rate: float) -> None:
        """All clocks, from the start of each process on."""
        self._set(_DRIFT, round((rate - 1) * 1e6))

    def close(self) -> None:
        self._block.close()

    def _get(self, number: int) -> int:
        return struct.unpack_from("<Q", self._block, 8 * number)[0]

    def _set(self, number: int, value: int) -> None:
        struct.pack_into("<q", self._block, 8 * number, value)
