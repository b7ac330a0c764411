"""One caller who does one thing after the other and writes down what it asked and what it was told."""

from __future__ import annotations

import json
import threading
from typing import Any, Callable

from api import Answer, Api
from history import Record
from submitters import ids_of

QUEUE = "http-a"
SPEC = {"kind": "faults", "queue": QUEUE}
Attempt = dict[str, Any]


class Notebook:
    """A history in memory. Each record has its place in the trace of what was written, if there is one."""

    def __init__(self, place: Callable[[], int] = lambda: 0) -> None:
        self.records: list[Record] = []
        self._place = place
        self._lock = threading.Lock()

    def write(self, kind: str, **fields: Any) -> None:
        with self._lock:
            self.records.append({"type": kind, "place": self._place(), **fields})


class Caller:
    """A submitter, worker and operator in one."""

    def __init__(self, port: int, notebook: Notebook, name: str = "caller", timeout: float = 20) -> None:
        self.api = Api(port, timeout)
        self._notebook = notebook
        self._name = name

    def submit(self, uids: list[str], size: int = 0, **spec: Any) -> list[str]:
        """One job by itself, several as a batch. Returns the ids of those that were acknowledged."""
        specs = [
            {**SPEC, "payloadText": json.dumps({"uid": uid, "fill": "x" * size}), **spec} for uid in uids
        ]
        return self._submit(uids, [], specs, {})

    def submit_to_exec(self, uids: list[str], plan: str, filling: int = 0) -> list[str]:
        """Jobs for `martlet worker --exec exec_job.sh`."""
        specs = [
            {"kind": "faults", "queue": "exec", "payloadText": f"{uid} {plan}" + "\n" * bool(filling) + "x" * filling}
            for uid in uids]
        return self._submit(uids, [], specs, {})

    def submit_keyed(self, uid: str) -> list[str]:
        key = f"key/{uid}"
        return self._submit([uid], [key], [keyed_spec(uid)], {"Idempotency-Key": key})

    def lease(self, limit: int, seconds: float = 3600, wait: float = 0) -> list[Attempt]:
        """Mostly for longer than any run: a lease that ends while a folder is looked at makes two answers differ."""
        answer = self.api.post(
            "/v1/attempts:lease", {"queues": [QUEUE], "limit": limit, "wait": f"{wait}s", "lease": f"{seconds}s"})
        attempts = answer.body.get("attempts", []) if answer.is_ok else []
        for one in attempts:
            self._notebook.write(
                "got", worker=self._name, job=one["jobId"], token=int(one["token"]), attempt=one["attempt"])
        return attempts

    def report(self, attempt: Attempt, action: str, **body: Any) -> Answer:
        fields = {
            "job": attempt["jobId"], "token": int(attempt["token"]), "attempt": attempt["attempt"], "action": action}
        self._notebook.write("report-begins", **fields)
        answer = self.api.post(f"/v1/jobs/{attempt['jobId']}:{action}", {"token": attempt["token"], **body})
        self._notebook.write("report", **fields, **told(answer))
        return answer

    def complete(self, attempt: Attempt, uid: str) -> Answer:
        return self.report(attempt, "complete", resultText=f"{uid}:{attempt['token']}")

    def fail(self, attempt: Attempt, is_final: bool = False) -> Answer:
        # Longer than any run takes, and said by the worker: a backoff of the policy's is anything up to its length.
        later = {} if is_final else {"retryAfter": "86400s"}
        return self.report(
            attempt, "fail", failure={"code": "faults", "message": "as told"}, isFinal=is_final, **later)

    def steer(self, job: str, action: str) -> None:
        self._notebook.write("steer-begins", action=action, job=job)
        answer = self.api.post(f"/v1/jobs/{job}:{action}", {})
        self._notebook.write("steer", action=action, job=job, state=answer.body.get("state", ""), **told(answer))

    def see(self, job: str) -> None:
        answer = self.api.get(f"/v1/jobs/{job}")
        if answer.is_ok and answer.body["state"] in ("SUCCEEDED", "CANCELLED"):
            self._notebook.write(
                "seen", job=job, state=answer.body["state"], result=answer.body.get("result", ""))
        elif answer.is_certainly_not_done and answer.status == 404:
            self._notebook.write("missing", job=job)

    def _submit(
        self, uids: list[str], keys: list[str], specs: list[dict[str, Any]], headers: dict[str, str]
    ) -> list[str]:
        self._notebook.write("submit-begins", uids=uids, keys=keys)
        if len(specs) == 1:
            answer = self.api.post("/v1/jobs", specs[0], headers)
        else:
            answer = self.api.post("/v1/jobs:batch", {"jobs": specs})
        self._notebook.write("submit", uids=uids, keys=keys, ids=ids_of(answer), **told(answer))
        return ids_of(answer)


def keyed_spec(uid: str) -> dict[str, Any]:
    return {**SPEC, "payloadText": json.dumps({"uid": uid})}


def told(answer: Answer) -> Record:
    return {"outcome": answer.outcome.value, "status": answer.status, "reason": answer.reason}
