"""What is read from libFuzzer's words."""

import tempfile
import unittest
from pathlib import Path

from fuzz import Ending, ending, inputs

DONE = """#2      INITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 30Mb
#8192   pulse  cov: 20 ft: 25 corp: 3/9b lim: 64 exec/s: 4096 rss: 31Mb
Done 9001 runs in 3 second(s)
stat::number_of_executed_units: 9001
"""


class EndingTests(unittest.TestCase):
    def test_the_last_figures_count(self) -> None:
        self.assertEqual(ending(0, DONE), Ending(0, 9001, 20, 25, 3))

    def test_a_run_that_was_cut_off_counts_as_far_as_it_said(self) -> None:
        cut = DONE.split("Done")[0]

        self.assertEqual(ending(77, cut), Ending(77, 8192, 20, 25, 0))

    def test_what_broke_it_is_kept_with_the_figures(self) -> None:
        found = DONE.split("Done")[0] + "Test unit written to crash-100f\nBase64: GAESQBo+\n"

        self.assertEqual(ending(77, found).input, "GAESQBo+")

    def test_nothing_said_is_nothing_done(self) -> None:
        self.assertEqual(ending(1, ""), Ending(1, 0, 0, 0, 0))


class InputTests(unittest.TestCase):
    def test_files_come_in_order_and_a_folder_that_is_missing_is_empty(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for file in ("b", "a"):
                (folder / file).touch()
            (folder / "c").mkdir()

            self.assertEqual([file.name for file in inputs(folder)], ["a", "b"])
            self.assertEqual(inputs(folder / "none"), [])


if __name__ == "__main__":
    unittest.main()
