"""Damaged files: a server refuses them and says why, or answers as if nothing had happened. It is never wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from api import Api
from caller import QUEUE, Caller, Notebook, keyed_spec
from crew import each
from damage import Damage, contents, damages
from processes import Broken, Child, Ended, Leash, Server
from script import OPTIONS, Script, ends, judged, wait_for_timers

#: The folders that are damaged: of a server that was killed, and of one that was stopped.
BASELINES = ("killed", "stopped")
#: How long an answer may take, and how long a server that left one out has to end: longer than it may drain.
ANSWER_WITHIN, END_WITHIN = 10.0, 12.0


class Silent(Broken):
    """A server that goes on and did not answer what it was asked."""


class Corruptions:
    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        #: What the undamaged folders answer.
        self._truth: dict[str, dict[str, Any]] = {}
        self._known: list[str] = []

    def run(self, count: int, seed: str) -> tuple[Counter[str], list[str]]:
        self._make_baselines(seed)
        return self.judge(damages(seed, count, contents(self._folder, BASELINES)))

    def judge(self, drawn: list[Damage]) -> tuple[Counter[str], list[str]]:
        figures: Counter[str] = Counter()
        violations: list[str] = []
        for damage, (kind, violation) in zip(drawn, each("corruptions", self._judge, drawn)):
            figures["corruptions"] += 1
            figures[f"{kind}"] += 1
            figures[f"{kind}, {damage.file}, {damage.what}"] += 1
            if violation:
                violations.append(f"{damage}: {violation}")
        return figures, violations

    def _make_baselines(self, seed: str) -> None:
        """A folder whose server was killed with much in both write-ahead logs, and one whose server was stopped."""
        killed, stopped = (self._folder / name for name in BASELINES)
        notebook = Notebook()
        script = Script(f"{seed}/corruptions", notebook)
        leash = Leash()
        try:
            for number, life in enumerate((script.first_life, script.second_life)):
                logs = self._folder / f"making-{number}"
                logs.mkdir()
                server = Server(self._program, stopped, logs, leash, OPTIONS)
                life(server.ports.http)
                self._submit_numbered(server)
                wait_for_timers(server.ports.http)
                if number:
                    shutil.copytree(stopped, killed)
                if wrong := ends(server.child):
                    raise Broken(wrong)
        finally:
            leash.end()
        for folder in (killed, stopped):
            for name in ("martlet.lock", "view.db-shm"):
                (folder / name).unlink(missing_ok=True)
        self._known = list(script.known)
        for name in BASELINES:
            answers, refusal = self._ask(name, None)
            if refusal:
                raise Broken(f"the undamaged folder is refused: {refusal}")
            self._truth[name] = answers
            self._known += [job["id"] for job in answers["/v1/jobs"]["body"]["jobs"]]

    def _submit_numbered(self, server: Server) -> None:
        """The command line numbers its submissions: the view remembers its client."""
        subprocess.run(
            [str(self._program), "submit", "--server", server.ports.grpc, "--ndjson", "-"], check=True, timeout=30,
            capture_output=True,
            input=b"".join(b'{"kind": "faults", "queue": "cli", "payload": {"uid": "c%d"}}\n' % n for n in range(3)))

    def _judge(self, damage: Damage) -> tuple[str, str]:
        """What kind of end it took, and what was wrong with it."""
        try:
            answers, refusal = self._ask(damage.baseline, damage)
        except Silent as silent:
            return "no answer", str(silent)
        except Broken as broken:
            return "broken", str(broken)
        if refusal:
            return "refused at the start", ""
        truth = self._truth[damage.baseline]
        refused = [path for path, answer in answers.items() if answer["status"] >= 500 or answer["status"] == 0]
        wrong = [path for path in truth if path not in refused and answers.get(path) != truth[path]]
        if wrong:
            told = f"{wrong[0]}: {json.dumps(answers.get(wrong[0]))[:300]} for {json.dumps(truth[wrong[0]])[:300]}"
            return "silently wrong", f"{len(wrong)} answers are wrong: {told}"
        return ("refused when asked", "") if refused else ("harmless", "")

    def _ask(self, baseline: str, damage: Damage | None) -> tuple[dict[str, Any], str]:
        """Starts a server on a copy, damaged or not; returns all that it answers, or why it does not start."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        data, logs = folder / "data", folder / "logs"
        # Without the reserve, which is made anew: it is large, and holds nothing.
        shutil.copytree(self._folder / baseline, data, ignore=shutil.ignore_patterns("reserve"))
        logs.mkdir()
        if damage is not None:
            damage.do(data / damage.file)
        leash = Leash()
        try:
            server = Server(self._program, data, logs, leash, OPTIONS)
            answers = self._answers(server.ports.http)
            if wrong := silence(server.child, answers):
                raise Silent(wrong)
            if server.child.exit_code is not None and (wrong := judged(server.child)):
                raise Broken(wrong)
            return answers, ""
        except Ended as ended:
            if wrong := judged(ended.child):
                raise Broken(wrong) from ended
            return {}, ended.child.last_words()
        finally:
            leash.end()
            shutil.rmtree(folder)

    def _answers(self, port: int) -> dict[str, Any]:
        caller, answers = Caller(port, Notebook(), timeout=ANSWER_WITHIN), {}
        api: Api = caller.api
        listed = api.get("/v1/jobs?page_size=1000")
        paths = ["/v1/queues", "/v1/jobs?state=DEAD", "/v1/jobs?state=RUNNING", "/v1/jobs?state=QUEUED"]
        for job in dict.fromkeys(self._known + [job["id"] for job in listed.body.get("jobs", [])]):
            paths += [f"/v1/jobs/{job}", f"/v1/jobs/{job}/events"]
        answers["/v1/jobs"] = {"status": listed.status, "body": listed.body}
        for path in paths:
            answer = api.get(path)
            for queue in answer.body.get("queues", []):
                # An age: it grows.
                queue.pop("oldestWaiting", None)
            answers[path] = {"status": answer.status, "body": answer.body}
        # What only shows when something new is done: what keys stand for, the order of a queue, the next token.
        keyed = api.post("/v1/jobs", keyed_spec("keyed"), {"Idempotency-Key": "key/keyed"})
        answers["key"] = {"status": keyed.status, "body": keyed.body}
        lease = api.post("/v1/attempts:lease", {"queues": [QUEUE], "limit": 20, "wait": "0s", "lease": "30s"})
        answers["lease"] = {"status": lease.status, "body": lease.body}
        api.close()
        return answers


def silence(child: Child, answers: dict[str, Any]) -> str:
    """What a server left without an answer, though it goes on. Whoever ends may break off, and is judged by its end."""
    silent = [path for path, answer in answers.items() if answer["status"] == 0]
    deadline = time.monotonic() + END_WITHIN
    # A connection breaks before its server has ended.
    while silent and child.exit_code is None:
        if time.monotonic() > deadline:
            return f"it goes on, and {len(silent)} requests have no answer, the first of them {silent[0]}"
        time.sleep(0.05)
    return ""
