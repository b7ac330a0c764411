"""What the shim wrote down, and the disk as it may look after a loss of power at any place of it."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Iterator

CREATED, WRITTEN, SYNCED, TRUNCATED, RENAMED, UNLINKED, SYNC_FAILED = range(1, 8)
_HEADER = struct.Struct("<IIQQ")
#: Files that hold nothing, or that a start makes anew.
_IGNORED = ("martlet.lock", "reserve", "view.db-shm")


@dataclass(frozen=True)
class Step:
    """One call that changed something; `end` is its place in the trace."""

    kind: int
    name: str
    offset: int
    data: bytes
    end: int


def steps(path: Path) -> Iterator[Step]:
    text, place = path.read_bytes(), 0
    while place < len(text):
        kind, name_length, offset, length = _HEADER.unpack_from(text, place)
        place += _HEADER.size
        name = text[place:place + name_length].decode()
        place += name_length
        data = text[place:place + length] if kind in (WRITTEN, RENAMED) else b""
        place += len(data)
        if name not in _IGNORED:
            yield Step(kind, name, offset, data, place)


@dataclass
class _Change:
    """A write or truncation that no sync has made sure of."""

    step: Step
    #: A sync failed after it: what it wrote may be gone, and later syncs say nothing about it.
    is_doomed: bool = False
    is_sure: bool = False


@dataclass
class _File:
    content: bytearray = field(default_factory=bytearray)
    changes: list[_Change] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.changes:
            change.is_sure = not change.is_doomed
        while self.changes and self.changes[0].is_sure:
            apply(self.content, self.changes.pop(0).step)


class Disk:
    """Follows the trace; at any step it can say what a loss of power may leave."""

    def __init__(self) -> None:
        self._names: dict[str, _File] = {}
        self._sure_names: dict[str, _File] = {}
        self._renamings: list[tuple[Step, _File]] = []
        self._last: _Change | None = None
        self.has_failed = False

    def follow(self, step: Step) -> None:
        if step.name == ".":
            if step.kind == SYNCED:
                self._sure_names, self._renamings = dict(self._names), []
            return
        if step.kind in (CREATED, RENAMED, UNLINKED):
            file = _File() if step.kind == CREATED else self._names[step.name]
            rename(self._names, step, file)
            self._renamings.append((step, file))
            return
        file = self._names[step.name]
        if step.kind == SYNCED:
            file.sync()
        elif step.kind == SYNC_FAILED:
            self.has_failed = True
            for change in file.changes:
                change.is_doomed = change.is_doomed or not change.is_sure
        else:
            self._last = _Change(step)
            file.changes.append(self._last)

    def image(self, how: str, random: Random) -> dict[str, bytes]:
        """`prefix`: all that was written; `synced`: only what had to be kept; `random`: something between, torn;
        `torn`: all but for a part of the last write."""
        names = dict(self._sure_names)
        kept = {"prefix": len(self._renamings), "torn": len(self._renamings), "synced": 0}
        for step, file in self._renamings[:kept.get(how, random.randint(0, len(self._renamings)))]:
            rename(names, step, file)
        return {name: self._content(file, how, random) for name, file in names.items()}

    def _content(self, file: _File, how: str, random: Random) -> bytes:
        content = bytearray(file.content)
        for change in file.changes:
            if change.is_sure or how == "prefix":
                apply(content, change.step)
            elif how == "torn":
                apply(content, change.step, random if change is self._last else None)
            elif how == "random" and random.random() < 0.5:
                apply(content, change.step, random if random.random() < 0.3 else None)
        return bytes(content)


def rename(names: dict[str, _File], step: Step, file: _File) -> None:
    if step.kind == CREATED:
        names[step.name] = file
        return
    names.pop(step.name, None)
    if step.kind == RENAMED:
        names[step.data.decode()] = file


def apply(content: bytearray, step: Step, tear: Random | None = None) -> None:
    """Does to a file what the step did; torn, only some of its sectors."""
    if step.kind == TRUNCATED:
        del content[step.offset:]
        content.extend(bytes(max(0, step.offset - len(content))))
        return
    sector = tear.choice((512, 4096)) if tear else len(step.data)
    for begin in range(0, len(step.data), max(1, sector)):
        if tear and tear.random() < 0.5:
            continue
        part = step.data[begin:begin + sector]
        place = step.offset + begin
        content.extend(bytes(max(0, place - len(content))))
        content[place:place + len(part)] = part
