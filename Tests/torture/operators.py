"""Those who steer and those who look: cancel, redrive, and read what must never change again."""

from __future__ import annotations

import random
import time

from api import Api
from submitters import Scene

FINAL = ("SUCCEEDED", "DEAD", "CANCELLED")


class Operator:
    """Cancels a job now and then, and puts dead ones back."""

    def __init__(self, scene: Scene, seed: str, pause: float) -> None:
        self._scene = scene
        self._api = Api(scene.port)
        self._random = random.Random(seed)
        self._pause = pause

    def run(self) -> None:
        while not self._scene.stop.is_set():
            if self._random.random() < 0.5:
                job = self._scene.known.some(self._random, recent=30)
                if job is not None:
                    self._steer("cancel", job)
            else:
                self._redrive_one()
            time.sleep(self._random.uniform(0, 2 * self._pause))

    def _redrive_one(self) -> None:
        answer = self._api.get("/v1/jobs?state=DEAD&page_size=20")
        dead = [job["id"] for job in answer.body.get("jobs", [])] if answer.is_ok else []
        if dead:
            self._steer("redrive", self._random.choice(dead))

    def _steer(self, action: str, job: str) -> None:
        self._scene.history.write("steer-begins", action=action, job=job)
        answer = self._api.post(f"/v1/jobs/{job}:{action}", {})
        self._scene.history.write(
            "steer", action=action, job=job, outcome=answer.outcome.value, status=answer.status,
            reason=answer.reason, state=answer.body.get("state", ""))


class Observer:
    """Reads jobs and writes down each final state that it sees."""

    def __init__(self, scene: Scene, seed: str, pause: float) -> None:
        self._scene = scene
        self._api = Api(scene.port)
        self._random = random.Random(seed)
        self._pause = pause

    def run(self) -> None:
        while not self._scene.stop.is_set():
            job = self._scene.known.some(self._random, recent=2000)
            if job is not None:
                wait = "?wait=1s" if self._random.random() < 0.2 else ""
                answer = self._api.get(f"/v1/jobs/{job}{wait}")
                if answer.is_ok and answer.body["state"] in FINAL:
                    self._scene.history.write(
                        "seen", job=job, state=answer.body["state"], result=answer.body.get("result", ""))
                elif answer.is_certainly_not_done and answer.status == 404:
                    self._scene.history.write("missing", job=job)
            time.sleep(self._random.uniform(0, 2 * self._pause))
