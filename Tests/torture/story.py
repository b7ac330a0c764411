"""The records of a run by what they are about, and what a check finds in them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Iterable

from history import Record

FINAL = frozenset({"SUCCEEDED", "DEAD", "CANCELLED"})


@dataclass
class Verdict:
    """What a check found."""

    violations: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def blame(self, rule: str, what: str) -> None:
        self.violations.append(f"{rule}: {what}")


@dataclass
class Story:
    """The records of a run, sorted by what they are about."""

    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, records: Iterable[Record]) -> Story:
        story = cls()
        for record in records:
            story.records[record["type"]].append(record)
        return story

    def __getitem__(self, kind: str) -> list[Record]:
        return self.records.get(kind, [])

    @property
    def jobs(self) -> dict[str, Record]:
        return {record["id"]: record for record in self["job"]}

    @property
    def events(self) -> dict[str, list[Record]]:
        return {record["id"]: record["events"] for record in self["events"]}
