"""A scene begins once the honest client is there. Run: python3 -m unittest discover -s Tests/floods"""

from __future__ import annotations

import sys
import tempfile
import threading
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "torture"))

import scene  # noqa: E402
from processes import Broken  # noqa: E402
from scene import SAMPLES_BEFORE, Scene, Settings, wait_until_connected  # noqa: E402

SAMPLE = "1.0\t3.0\thttp_get\tok\n"


def client(exit_code: int | None = None) -> SimpleNamespace:
    return SimpleNamespace(exit_code=exit_code, last_words=lambda: "no port", kill=lambda: None)


class Baselines(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.samples = self.folder / "scene" / "samples.tsv"

    def test_sockets_are_counted_once_a_client_that_starts_late_has_them_all(self) -> None:
        made = Scene(Settings(Path("martlet"), self.folder, rate=100, share=0.5, settle=0), "scene", [], 1)
        late = threading.Timer(0.3, lambda: self.samples.write_text(SAMPLE * SAMPLES_BEFORE))
        watch = SimpleNamespace(peak=0, load=0.0, end=lambda: None)
        server = SimpleNamespace(child=client(), ports=SimpleNamespace(http=1, grpc="127.0.0.1:2"))
        late.start()
        with (
            mock.patch.object(scene, "Child", return_value=client()),
            mock.patch.object(scene, "Watch", return_value=watch),
            mock.patch.object(scene, "memory", return_value=0),
            mock.patch.object(scene, "descriptors", lambda pid: 9 if self.samples.exists() else 0),
            mock.patch.object(scene, "read_samples", return_value=[]),
        ):
            server.child.pid = 1
            made._play(server, SimpleNamespace(group=0))
        late.join()
        self.assertEqual(made._facts.descriptors_before, 9)

    def test_a_few_requests_are_not_all_connections(self) -> None:
        self.samples.parent.mkdir()
        self.samples.write_text(SAMPLE * (SAMPLES_BEFORE - 1) + SAMPLE.replace("ok", "TimeoutError"))
        with self.assertRaisesRegex(Broken, f"did not get {SAMPLES_BEFORE} answers"):
            wait_until_connected(client(), self.samples, 0.1)

    def test_a_client_that_never_writes_is_not_waited_for_without_end(self) -> None:
        with self.assertRaisesRegex(Broken, "did not get"):
            wait_until_connected(client(), self.samples, 0.1)

    def test_a_client_that_ends_is_said_at_once(self) -> None:
        with self.assertRaisesRegex(Broken, "the honest client ended:\nno port"):
            wait_until_connected(client(exit_code=1), self.samples, 60)


if __name__ == "__main__":
    unittest.main()
