"""One thing done to one file of a folder, drawn from a seed. It changes something: otherwise it would prove nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

#: Not `reserve`: it holds nothing.
FILES = ("log.db", "log.db-wal", "log.mark", "view.db", "view.db-wal")
#: A flip twice as often as each of the others.
SORTS = ("flip", "flip", "zero", "truncate", "duplicate")
BLOCK = 4096

#: What each file of each folder holds, by their names.
Contents = dict[str, dict[str, bytes]]


@dataclass(frozen=True)
class Damage:
    """`place` is a bit for a flip and a byte otherwise; `other` is where the block stood that is put there."""

    what: str
    file: str
    place: int
    other: int
    baseline: str

    def __str__(self) -> str:
        return f"{self.baseline}/{self.file}/{self.what}/{self.place}/{self.other}"

    def do(self, path: Path) -> None:
        path.write_bytes(self.done_to(path.read_bytes()))

    def done_to(self, content: bytes) -> bytes:
        text = bytearray(content)
        if self.what == "flip":
            text[self.place // 8] ^= 1 << self.place % 8
        elif self.what == "zero":
            text[self.place:self.place + BLOCK] = bytes(len(text[self.place:self.place + BLOCK]))
        elif self.what == "truncate":
            del text[self.place:]
        else:
            block = text[self.other:self.other + BLOCK]
            text[self.place:self.place + len(block)] = block
        return bytes(text)


def contents(folder: Path, baselines: tuple[str, ...]) -> Contents:
    """Of the files that hold something."""
    held = {
        name: {file: (folder / name / file).read_bytes() for file in FILES if (folder / name / file).exists()}
        for name in baselines}
    return {name: {file: content for file, content in files.items() if content} for name, files in held.items()}


def damages(seed: str, count: int, held: Contents) -> list[Damage]:
    """Each from a seed of its own: that one is drawn again changes no other."""
    return [draw(Random(f"{seed}/{number}"), held) for number in range(count)]


def draw(random: Random, held: Contents) -> Damage:
    """Draws until something would change: a block may be what is put there, and zeros may be zeroed."""
    while True:
        baseline = random.choice(list(held))
        file = random.choice(list(held[baseline]))
        content = held[baseline][file]
        damage = drawn(random, baseline, file, len(content))
        if damage.done_to(content) != content:
            return damage


def drawn(random: Random, baseline: str, file: str, size: int) -> Damage:
    what = random.choice(SORTS)
    blocks = (size + BLOCK - 1) // BLOCK
    block, other = random.randrange(blocks) * BLOCK, random.randrange(blocks) * BLOCK
    place = {"flip": random.randrange(8 * size), "truncate": random.randrange(size)}.get(what, block)
    return Damage(what, file, place, other if what == "duplicate" else 0, baseline)
