"""Does the disk of the power cuts lose what one may lose, and nothing else?"""

from __future__ import annotations

import unittest
from random import Random

from disk import CREATED, RENAMED, SYNC_FAILED, SYNCED, TRUNCATED, UNLINKED, WRITTEN, Disk, Step


def step(kind: int, name: str, offset: int = 0, data: bytes = b"") -> Step:
    return Step(kind, name, offset, data, 0)


class DiskTests(unittest.TestCase):
    def setUp(self) -> None:
        self.disk = Disk()
        self.follow(step(CREATED, "log"), step(SYNCED, "."))

    def follow(self, *steps: Step) -> None:
        for one in steps:
            self.disk.follow(one)

    def images(self, how: str) -> set[bytes | None]:
        return {self.disk.image(how, Random(seed)).get("log") for seed in range(50)}

    def test_what_was_synced_is_in_every_image(self) -> None:
        self.follow(step(WRITTEN, "log", 0, b"abc"), step(SYNCED, "log"))
        for how in ("prefix", "synced", "random", "torn"):
            self.assertEqual(self.images(how), {b"abc"}, how)

    def test_what_was_not_synced_is_in_some(self) -> None:
        self.follow(step(WRITTEN, "log", 0, b"abc"))
        self.assertEqual(self.images("prefix"), {b"abc"})
        self.assertEqual(self.images("synced"), {b""})
        self.assertGreater(len(self.images("random")), 1)

    def test_later_writes_may_be_there_without_earlier_ones(self) -> None:
        self.follow(step(WRITTEN, "log", 0, b"a"), step(WRITTEN, "log", 1, b"b"))
        self.assertIn(b"\0b", self.images("random"))

    def test_of_a_torn_write_some_sectors_are_there(self) -> None:
        self.follow(step(WRITTEN, "log", 0, b"a" * 8192))
        images = self.images("torn")
        self.assertTrue(any(b"a" in image and image.strip(b"a") for image in images if image))

    def test_a_failed_sync_makes_nothing_sure_and_nor_does_the_next(self) -> None:
        self.follow(step(WRITTEN, "log", 0, b"a"), step(SYNC_FAILED, "log"))
        self.follow(step(WRITTEN, "log", 1, b"b"), step(SYNCED, "log"))
        self.assertEqual(self.images("synced"), {b"\0b"})

    def test_what_is_written_anew_after_a_failed_sync_is_sure(self) -> None:
        self.follow(step(WRITTEN, "log", 0, b"a"), step(SYNC_FAILED, "log"))
        self.follow(step(WRITTEN, "log", 0, b"a"), step(SYNCED, "log"))
        self.assertEqual(self.images("synced"), {b"a"})

    def test_a_name_is_sure_once_its_folder_was_synced(self) -> None:
        self.follow(step(CREATED, "new"), step(WRITTEN, "new", 0, b"n"), step(SYNCED, "new"))
        self.follow(step(RENAMED, "new", 0, b"log"))
        self.assertEqual(self.images("synced"), {b""})
        self.follow(step(SYNCED, "."))
        self.assertEqual(self.images("synced"), {b"n"})

    def test_a_deleted_file_may_come_back_until_its_folder_is_synced(self) -> None:
        self.follow(step(UNLINKED, "log"))
        self.assertEqual(self.images("prefix"), {None})
        self.assertEqual(self.images("synced"), {b""})

    def test_a_truncation_is_kept_in_its_place(self) -> None:
        self.follow(step(WRITTEN, "log", 0, b"abc"), step(SYNCED, "log"), step(TRUNCATED, "log", 1))
        self.assertEqual(self.images("prefix"), {b"a"})
        self.assertEqual(self.images("synced"), {b"abc"})


if __name__ == "__main__":
    unittest.main()
