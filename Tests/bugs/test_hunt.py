"""The hunt counts nothing that is no find.  python3 -m unittest discover -s Tests/bugs"""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

import hunt
import tree

#: With a bug every seed fails; without one the rest decides.
FINDS = """#!/bin/sh
echo seed 1 >&2
if [ $MARTLET_BUG != 0 ]; then %s; echo 'seed 1: FAILED; 0 jobs'; echo '  wrong'; %s; fi
"""


class Hunts(unittest.TestCase):
    def hunted(self, *arguments, sound="exit 0", failing="true", find="exit 1"):
        """The exit code, or the words that the hunt ends with, and what it prints; a line of shell is the simulator."""
        with tempfile.TemporaryDirectory() as name:
            simulator = pathlib.Path(name, "simulator")
            simulator.write_text(FINDS % (failing, find) + sound)
            simulator.chmod(0o755)
            out, line = io.StringIO(), ["hunt.py", "--scratch", name, *arguments]
            with (
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), mock.patch.object(sys, "argv", line),
                mock.patch.object(tree, "plant", lambda place: tree.bugs()),
                mock.patch.object(tree, "build", lambda place: simulator),
                self.assertRaises(SystemExit) as ended,
            ):
                hunt.main()
        return ended.exception.code, out.getvalue()

    def test_what_goes_wrong_with_a_bug_alone_is_a_find(self):
        code, out = self.hunted("--only", "reuses-a-token")
        self.assertEqual(code, 0)
        self.assertIn("1 of 1 found", out)

    def test_names_that_are_not_there_are_refused(self):
        code, out = self.hunted("--only", "reuses-a-token,misspelled,other")
        self.assertEqual(code, 2)
        self.assertIn("no such bug: misspelled, other", out)

    def test_a_simulator_that_accuses_the_sound_code_finds_nothing(self):
        for sound in ("echo 'seed 1: FAILED; 0 jobs'; echo '  wrong'; exit 1", "kill -ILL $$"):
            code, out = self.hunted("--only", "reuses-a-token", sound=sound)
            self.assertIn("no hunt: with no bug switched on the simulator is not clean: ", str(code))
            self.assertNotIn("found", out)

    def test_a_simulator_that_runs_no_seed_without_a_bug_proves_nothing(self):
        simulator = hunt.Run(code=0, lines=["0 seeds from 1"], errors="", seconds=1)
        with mock.patch.object(hunt, "search", return_value=simulator):
            self.assertEqual(hunt.control("simulator", None), "no seed was run")

    def test_a_sound_run_that_does_not_end_is_said(self):
        with mock.patch.object(hunt, "GRACE", 0), mock.patch.object(hunt, "CONTROL_MINUTES", 0.01):
            code, _ = self.hunted("--only", "reuses-a-token", sound="exec sleep 30")
        self.assertIn("seed 1 does not end", str(code))

    def test_a_find_does_not_wait_for_what_is_told_of_it(self):
        with mock.patch.object(hunt, "GRACE", 0):
            code, out = self.hunted("--only", "reuses-a-token", "--minutes", "0.2", find="exec sleep 30")
        self.assertEqual(code, 0)
        self.assertRegex(out, "reuses-a-token: 1 after 0 s: wrong")

    def test_a_run_with_a_bug_that_does_not_end_is_a_find(self):
        with mock.patch.object(hunt, "GRACE", 0):
            code, out = self.hunted("--only", "reuses-a-token", "--minutes", "0.01", failing="exec sleep 30")
        self.assertEqual(code, 0)
        self.assertIn("reuses-a-token: 1 after 1 s: the run does not end", out)


if __name__ == "__main__":
    unittest.main()
