"""Martlet over HTTP, with the one question that matters: was it done, was it not, or can nobody tell?"""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Outcome(str, Enum):
    """How a call ended."""

    OK = "ok"
    #: The server said no, or the call never reached it: nothing was done.
    REFUSED = "refused"
    #: It may have been done or not.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """What came of one call."""

    outcome: Outcome
    status: int = 0
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The stable word of a problem document."""
        return str(self.body.get("reason", ""))

    @property
    def is_ok(self) -> bool:
        return self.outcome is Outcome.OK

    @property
    def is_certainly_not_done(self) -> bool:
        return self.outcome is Outcome.REFUSED


class Api:
    """One connection, for one thread; made anew whenever it breaks."""

    def __init__(self, port: int, timeout: float = 20.0) -> None:
        self._port = port
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> Answer:
        return self._call("GET", path, None, {})

    def post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
        return self._call("POST", path, json.dumps(body).encode(), headers or {})

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = self._connect()
        if connection is None:
            return Answer(Outcome.REFUSED)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            # The request may have arrived: only its answer is missing for certain.
            self.close()
            return Answer(Outcome.UNKNOWN)
        if response.will_close:
            self.close()
        return self._judge(response.status, text)

    def _connect(self) -> http.client.HTTPConnection | None:
        if self._connection is not None:
            return self._connection
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
        try:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            return None
        self._connection = connection
        return connection

    @staticmethod
    def _judge(status: int, text: bytes) -> Answer:
        try:
            body = json.loads(text) if text else {}
        except ValueError:
            return Answer(Outcome.UNKNOWN, status)
        if 200 <= status < 300:
            return Answer(Outcome.OK, status, body)
        # A server that goes down answers 503 to what it had perhaps recorded already.
        if status >= 500:
            return Answer(Outcome.UNKNOWN, status, body)
        return Answer(Outcome.REFUSED, status, body)
