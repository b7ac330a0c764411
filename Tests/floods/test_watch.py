"""What a watch sees between two looks."""

import subprocess
import sys
import unittest

from watch import Watch

MEBI = 1 << 20
#: Takes and gives back so many MiB for each line.
PROGRAM = "import sys\nfor line in sys.stdin: x = bytes([1]) * (int(line) << 20); x = None; print(flush=True)"


class Watches(unittest.TestCase):
    def setUp(self) -> None:
        self.program = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tearDown(self) -> None:
        self.program.communicate()

    def take(self, mebibytes: int) -> None:
        self.program.stdin.write(f"{mebibytes}\n")
        self.program.stdin.flush()
        self.program.stdout.readline()

    def growth(self, before: int, meanwhile: int) -> float:
        """What a watch that never looks sees of so much, in MiB."""
        self.take(before)
        watch = Watch(self.program.pid, every=600)
        least = watch.peak
        self.take(meanwhile)
        watch.end()
        return (watch.peak - least) / MEBI

    def test_memory_that_is_given_back_before_the_next_look_counts(self) -> None:
        self.assertAlmostEqual(self.growth(before=1, meanwhile=50), 50, delta=2)

    def test_what_was_before_does_not_count(self) -> None:
        self.assertLess(self.growth(before=50, meanwhile=1), 3)


if __name__ == "__main__":
    unittest.main()
