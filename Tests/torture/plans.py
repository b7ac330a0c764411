"""What becomes of a job is written in its payload, with an id of its own that tells it from every other."""

from __future__ import annotations

import itertools
import json
import random
import threading

#: What a worker does with an HTTP job, with weights.
HTTP_PLANS = {
    "complete": 70, "fail-once": 8, "fail-always": 4, "refuse": 4, "release-once": 4, "extend": 5, "twice": 3,
    "late": 2,
}
#: What the script does with a job of `martlet worker --exec`, with weights.
EXEC_PLANS = {"ok": 80, "fail-once": 10, "refuse": 5, "slow": 5}

HTTP_QUEUES = ("http-a", "http-b")
EXEC_QUEUE = "exec"
FILES_QUEUE = "files"
BENCH_QUEUE = "bench"


class Mint:
    """Makes ids that are unique within a run."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def uid(self) -> str:
        with self._lock:
            return f"{self._seed}-{next(self._numbers)}"


def pick(random_: random.Random, plans: dict[str, int]) -> str:
    return random_.choices(list(plans), list(plans.values()))[0]


def http_spec(random_: random.Random, uid: str, plan: str | None = None) -> dict[str, object]:
    """A JobSpec in protobuf's JSON."""
    plan = plan or pick(random_, HTTP_PLANS)
    spec: dict[str, object] = {
        "kind": f"torture.{plan}", "queue": random_.choice(HTTP_QUEUES),
        "payloadText": json.dumps({"uid": uid, "plan": plan}), "priority": random_.randrange(10),
        "retry": {"attempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s"},
    }
    if random_.random() < 0.1:
        spec["delay"] = f"{random_.uniform(0, 1.5):.3f}s"
    if random_.random() < 0.1:
        spec["timeout"] = "20s"
    return spec


def uid_of(payload: bytes) -> str:
    """The id in a payload; empty when there is none."""
    text = payload.decode(errors="replace")
    if text.startswith("{"):
        try:
            return str(json.loads(text).get("uid", ""))
        except ValueError:
            return ""
    return text.split(" ")[0] if " " in text else ""
