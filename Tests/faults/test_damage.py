"""Does each damage change something, and the same one for the same seed?"""

from __future__ import annotations

import tempfile
import unittest
from collections import Counter
from pathlib import Path
from random import Random

from damage import BLOCK, FILES, Damage, contents, damages, draw

#: As bad as it gets: blocks of zeros, blocks that are equal, one block alone, a few bytes.
HELD = {
    "killed": {
        "log.db": bytes(3 * BLOCK) + b"x" * BLOCK, "log.db-wal": b"same" * BLOCK,
        "view.db": Random(1).randbytes(9_999)},
    "stopped": {"log.db": bytes(BLOCK), "log.mark": b"mark"},
}


class DamageTests(unittest.TestCase):
    def test_every_damage_changes_something(self) -> None:
        for damage in damages("7", 2000, HELD):
            content = HELD[damage.baseline][damage.file]
            self.assertNotEqual(damage.done_to(content), content, damage)

    def test_the_same_seed_draws_the_same(self) -> None:
        self.assertEqual(damages("7", 200, HELD), damages("7", 200, HELD))
        self.assertNotEqual(damages("7", 200, HELD), damages("8", 200, HELD))

    def test_what_is_drawn_again_changes_no_other(self) -> None:
        # With other bytes of the same sizes other damages are drawn again.
        full = {name: {file: b"x" + content[1:] for file, content in held.items()} for name, held in HELD.items()}
        same = [one == other for one, other in zip(damages("7", 500, HELD), damages("7", 500, full))]
        self.assertIn(False, same)
        self.assertGreater(sum(same), 300)

    def test_every_file_and_every_sort_is_drawn(self) -> None:
        drawn = damages("7", 2000, HELD)
        self.assertEqual({damage.what for damage in drawn}, {"flip", "zero", "truncate", "duplicate"})
        files = Counter((damage.baseline, damage.file) for damage in drawn)
        self.assertEqual(set(files), {(name, file) for name, held in HELD.items() for file in held})

    def test_only_one_sort_is_left_where_the_others_change_nothing(self) -> None:
        zeros = {"killed": {"log.db": bytes(2 * BLOCK)}}
        drawn = {draw(Random(seed), zeros).what for seed in range(200)}
        self.assertEqual(drawn, {"flip", "truncate"})

    def test_what_each_sort_does(self) -> None:
        content = b"a" * BLOCK + b"b" * BLOCK

        def done(what: str, place: int, other: int = 0) -> bytes:
            return Damage(what, "log.db", place, other, "killed").done_to(content)

        self.assertEqual(done("flip", 8)[:3], b"a" + bytes([ord("a") ^ 1]) + b"a")
        self.assertEqual(done("zero", BLOCK), b"a" * BLOCK + bytes(BLOCK))
        self.assertEqual(done("truncate", 5), b"a" * 5)
        self.assertEqual(done("duplicate", 0, BLOCK), b"b" * BLOCK * 2)

    def test_files_that_hold_nothing_are_left_alone(self) -> None:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made, "killed")
            folder.mkdir()
            for name, content in {"log.db": b"x", "log.db-wal": b"", "reserve": b"x", "martlet.lock": b"x"}.items():
                (folder / name).write_bytes(content)
            self.assertEqual(contents(Path(made), ("killed",)), {"killed": {"log.db": b"x"}})
        self.assertNotIn("reserve", FILES)


if __name__ == "__main__":
    unittest.main()
