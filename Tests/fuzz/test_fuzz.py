"""What is read from libFuzzer's words, and what a run must not pass over."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import fuzz
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


class RunTests(unittest.TestCase):
    """A few lines of shell stand for the fuzzer."""

    def run_with(
        self, *arguments: str, listing: str = "echo one 64", seeding: str = "true", search: str = "echo '#8192 pulse'",
        corpus: str = "",
    ) -> str:
        """How the run ended: the last line that it said, or how it was broken off. `corpus` is one's only file."""
        said = io.StringIO()
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(said):
            program = Path(name, "stand-in")
            program.write_text(f"#!/bin/sh\ncase $1 in list) {listing};; seed) {seeding};; *) {search};; esac\n")
            program.chmod(0o755)
            line = ["fuzz.py", "--bin", str(program), "--work", f"{name}/work", "--seconds", "1", *arguments]
            Path(name, "corpus/one").mkdir(parents=True)
            Path(name, "corpus/one/input").write_text(corpus)
            with mock.patch.object(fuzz, "HERE", Path(name)), mock.patch.object(sys, "argv", line):
                try:
                    code = fuzz.main()
                except SystemExit as broken_off:
                    # Python's own exit code for words is 1.
                    said_last = said.getvalue().splitlines()[-1:]
                    return f"{broken_off}: {said_last[0]}" if broken_off.code == 64 else f"1: {broken_off}"
                finally:
                    self.corpus = [file.read_text() for file in inputs(Path(name, "corpus/one"))]
        return f"{code}: {said.getvalue().splitlines()[-1]}"

    def test_a_run_that_finds_nothing_is_well(self) -> None:
        self.assertEqual(self.run_with(), "0: 8,192 executions")

    def test_a_search_that_breaks_something_fails(self) -> None:
        self.assertIn("1: FOUND one: exit code 77", self.run_with(search="echo '#8192 pulse'; exit 77"))

    def test_a_search_that_tried_nothing_fails(self) -> None:
        self.assertEqual(self.run_with(search="true"), "1: FOUND one: the search tried nothing")

    def test_a_target_that_is_not_there_is_refused_beside_one_that_is(self) -> None:
        self.assertEqual(self.run_with("--target", "one", "--target", "two"), "64: no such target: two")

    def test_time_that_is_too_short_for_each_target_is_refused(self) -> None:
        self.assertEqual(
            self.run_with(listing="echo one 64; echo two 64"), "64: --seconds: 0, or at least one for each of 2 targets")

    def test_a_corpus_is_made_anew_from_what_the_merge_keeps(self) -> None:
        # The folder for what is kept comes after the word.
        search = "echo '#8192 pulse'; while [ $# != 0 ]; do [ $1 = -merge=1 ] && echo new > $2/f; shift; done"
        self.assertEqual(self.run_with("--minimise", search=search, corpus="old"), "0: one             1 files")
        self.assertEqual(self.corpus, ["new\n"])

    def test_a_merge_that_fails_or_keeps_nothing_leaves_the_corpus(self) -> None:
        for merge in ("case \"$*\" in *merge*) exit 1;; esac", "true"):
            search = f"echo '#8192 pulse'; {merge}"
            self.assertEqual(self.run_with("--minimise", search=search, corpus="old"), "1: FOUND one: no merge")
            self.assertEqual(self.corpus, ["old"])

    def test_seeds_that_cannot_be_made_fail(self) -> None:
        self.assertEqual(self.run_with(seeding="exit 64"), "1: FOUND stand-in seed: exit code 64")

    def test_targets_that_cannot_be_listed_fail(self) -> None:
        self.assertEqual(self.run_with(listing="exit 3"), "1: FOUND stand-in list: exit code 3")
        self.assertEqual(self.run_with(listing="echo one 64; exit 3"), "1: FOUND stand-in list: exit code 3")


if __name__ == "__main__":
    unittest.main()
