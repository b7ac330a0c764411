"""What the server says at the end: every job by get, its events, the list, the queues."""

from __future__ import annotations

import base64
import threading
from typing import Any, Iterator

from api import Answer, Api
from history import History
from plans import BENCH_QUEUE, uid_of
from processes import Broken


class Collector:
    """Writes the end state down for the checker."""

    def __init__(self, port: int, history: History, threads: int = 4) -> None:
        self._port = port
        self._history = history
        self._threads = threads

    def run(self, acknowledged: list[str]) -> None:
        listed = list(self._list())
        for job in listed:
            self._history.write("listed", id=job["id"], state=job["state"], queue=job["queue"])
        named = {job["id"] for job in listed if job["queue"] != BENCH_QUEUE} | set(acknowledged)
        counted = [job["id"] for job in listed if job["queue"] == BENCH_QUEUE]
        ids = sorted(named) + counted[:: max(1, len(counted) // 500)]
        failures: list[BaseException] = []
        threads = [
            threading.Thread(target=self._details, args=(ids[number :: self._threads], failures))
            for number in range(self._threads)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        for queue in must(Api(self._port).get("/v1/queues")).get("queues", []):
            self._history.write("queue", **{key: value for key, value in queue.items() if key != "type"})

    def _list(self) -> Iterator[dict[str, Any]]:
        api, token = Api(self._port), ""
        while True:
            page = must(api.get(f"/v1/jobs?page_size=1000&page_token={token}" if token else "/v1/jobs?page_size=1000"))
            yield from page.get("jobs", [])
            token = page.get("nextPageToken", "")
            if not token:
                return

    def _details(self, ids: list[str], failures: list[BaseException]) -> None:
        api = Api(self._port)
        try:
            for job in ids:
                answer = api.get(f"/v1/jobs/{job}")
                if answer.status == 404:
                    self._history.write("absent", id=job)
                    continue
                self._history.write("job", **described(must(answer)))
                events = must(api.get(f"/v1/jobs/{job}/events")).get("events", [])
                self._history.write("events", id=job, events=events)
        except BaseException as failure:  # noqa: BLE001 - raised by run
            failures.append(failure)


def described(job: dict[str, Any]) -> dict[str, Any]:
    payload = base64.b64decode(job.get("payload", ""))
    return {
        "id": job["id"], "uid": uid_of(payload), "payload": payload.decode(errors="replace"), "queue": job["queue"],
        "state": job["state"], "attempt": job.get("attempt", 0), "key": job.get("idempotencyKey", ""),
        "result": base64.b64decode(job.get("result", "")).decode(errors="replace"),
        "failure": job.get("failure", {}).get("code", ""),
    }


def must(answer: Answer) -> dict[str, Any]:
    if not answer.is_ok:
        raise Broken(f"a read at the end failed: {answer}")
    return answer.body
