"""Is a server that is silent on a damaged folder told from one that refuses? A few lines of Python stand for it."""

from __future__ import annotations

import sys
import tempfile
import unittest
import warnings
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "torture"))

import corruptions  # noqa: E402
from corruptions import Corruptions  # noqa: E402
from damage import Damage  # noqa: E402
from processes import Broken  # noqa: E402

#: Answers all, and where its log is empty does WHAT when it is asked for its queues.
SERVER = """#!/usr/bin/env python3
import http.server, os, sys, time

data = sys.argv[sys.argv.index("--data") + 1]
is_damaged = not os.path.getsize(data + "/log.db")

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = 200
        if is_damaged and self.path == "/v1/queues":
            WHAT
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, *words):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
address = "127.0.0.1:%d" % server.server_port
print(f"is serving: HTTP http://{address}, gRPC {address}, data {data}", flush=True)
server.serve_forever()
"""
EMPTIED = Damage("truncate", "log.db", 0, 0, "killed")


class SilenceTests(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        # A server that its leash has killed is not waited for.
        self.enterContext(warnings.catch_warnings())
        warnings.simplefilter("ignore", ResourceWarning)
        (self.folder / "killed").mkdir()
        (self.folder / "killed" / "log.db").write_bytes(b"held")
        for name, seconds in {"ANSWER_WITHIN": 0.5, "END_WITHIN": 0.5}.items():
            self.enterContext(mock.patch.object(corruptions, name, seconds))

    def judged(self, what: str) -> tuple[str, str]:
        program = self.folder / "server"
        program.write_text(SERVER.replace("WHAT", what))
        program.chmod(0o755)
        run = Corruptions(program, self.folder)
        run._truth["killed"], _ = run._ask("killed", None)
        return run._judge(EMPTIED)

    def test_a_server_that_hangs_and_goes_on_gave_no_answer(self) -> None:
        kind, violation = self.judged("time.sleep(60)")
        self.assertEqual(kind, "no answer")
        self.assertIn("1 requests have no answer, the first of them /v1/queues", violation)

    def test_a_server_that_breaks_the_connection_and_goes_on_gave_no_answer(self) -> None:
        self.assertEqual(self.judged("return")[0], "no answer")

    def test_an_undamaged_folder_must_be_answered_too(self) -> None:
        (self.folder / "killed" / "log.db").write_bytes(b"")
        with self.assertRaisesRegex(Broken, "it goes on"):
            self.judged("return")

    def test_a_server_that_says_why_and_ends_a_little_later_refuses(self) -> None:
        ends = "print('martlet: the log is damaged', flush=True); self.connection.close(); time.sleep(0.2); os._exit(1)"
        self.assertEqual(self.judged(ends), ("refused when asked", ""))

    def test_a_server_that_ends_a_little_later_without_a_word_is_broken(self) -> None:
        self.assertEqual(self.judged("self.connection.shutdown(2); time.sleep(0.2); os._exit(1)")[0], "broken")

    def test_an_answer_that_refuses_and_one_that_is_right_are_no_violations(self) -> None:
        self.assertEqual(self.judged("status = 500"), ("refused when asked", ""))
        self.assertEqual(self.judged("pass"), ("harmless", ""))


if __name__ == "__main__":
    unittest.main()
