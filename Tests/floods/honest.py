"""The honest client: a steady rate of submissions and reads over HTTP and gRPC, each with the time that it took.

    python3 honest.py --http 7480 --grpc 7481 --rate 100 --samples FILE

Requests start by the clock, whether or not earlier ones were answered, and their time counts from that start. One line
for each: start, milliseconds, face, kind, and 1 if it was answered as it should be."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import deque
from pathlib import Path
from typing import TextIO

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset, TrailersReceived

import frames
import wire

LIMIT_SECONDS = 10.0
QUEUE = "honest"


class HttpClient:
    """A few connections that are kept; a request takes a free one."""

    def __init__(self, port: int, connections: int = 8) -> None:
        self._port = port
        self._free: asyncio.Queue = asyncio.Queue()
        for _ in range(connections):
            self._free.put_nowait(None)

    async def call(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict]:
        pair = await self._free.get()
        kept = None
        try:
            pair = pair or await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = pair
            head = f"{method} {path} HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
            size = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
            text = await reader.readexactly(size)
            kept = pair
            return int(lines[0].split()[1]), json.loads(text)
        finally:
            if kept is None and pair is not None:
                pair[1].close()
            self._free.put_nowait(kept)


class GrpcClient(asyncio.Protocol):
    """One HTTP/2 connection with unary calls on it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._calls: dict[int, tuple[asyncio.Future, bytearray]] = {}
        self._http2: H2Connection | None = None
        self._transport: asyncio.Transport | None = None
        self._connecting = asyncio.Lock()

    async def call(self, path: str, request: bytes) -> bytes:
        async with self._connecting:
            if self._http2 is None:
                await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)
        assert self._http2 is not None
        stream = self._http2.get_next_available_stream_id()
        answer = asyncio.get_running_loop().create_future()
        self._calls[stream] = (answer, bytearray())
        self._http2.send_headers(stream, [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "t"), ("te", "trailers"),
            ("content-type", "application/grpc"),
        ])
        self._http2.send_data(stream, frames.message(request), end_stream=True)
        self._flush()
        try:
            return await answer
        finally:
            self._calls.pop(stream, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._http2 = H2Connection(H2Configuration(header_encoding="utf-8"))
        self._http2.initiate_connection()
        self._http2.increment_flow_control_window(1 << 24)
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._http2 = None
        for answer, _ in self._calls.values():
            if not answer.done():
                answer.set_exception(ConnectionError("cut"))

    def data_received(self, chunk: bytes) -> None:
        assert self._http2 is not None
        for event in self._http2.receive_data(chunk):
            if isinstance(event, ConnectionTerminated):
                self._http2 = None
                return
            answer, body = self._calls.get(getattr(event, "stream_id", None) or 0, (None, bytearray()))
            if isinstance(event, DataReceived):
                self._http2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
                body.extend(event.data)
            if answer is None or answer.done():
                continue
            if isinstance(event, (ResponseReceived, TrailersReceived)):
                status = dict(event.headers).get("grpc-status")
                if status not in (None, "0"):
                    answer.set_exception(ConnectionError(f"grpc-status {status}"))
            elif isinstance(event, StreamReset):
                answer.set_exception(ConnectionError("reset"))
            elif isinstance(event, StreamEnded):
                answer.set_result(bytes(body[5:]))
        self._flush()

    def _flush(self) -> None:
        if self._http2 is not None and self._transport is not None:
            self._transport.write(self._http2.data_to_send())


class Honest:
    """The four kinds of request, and their times."""

    def __init__(self, http: int, grpc: int, samples: TextIO) -> None:
        self._http = HttpClient(http)
        self._grpc = GrpcClient(grpc)
        self._samples = samples
        self._jobs: deque[str] = deque(maxlen=100)
        self._kinds = [self._http_submit, self._grpc_submit, self._http_get, self._grpc_get]

    async def run(self, rate: float) -> None:
        await self._http_submit()
        begin = time.monotonic()
        running: set[asyncio.Task] = set()
        number = 0
        while True:
            start = begin + number / rate
            await asyncio.sleep(max(0.0, start - time.monotonic()))
            task = asyncio.ensure_future(self._one(self._kinds[number % 4], start))
            running.add(task)
            task.add_done_callback(running.discard)
            number += 1

    async def _one(self, kind, start: float) -> None:
        try:
            await asyncio.wait_for(kind(), LIMIT_SECONDS)
            word = "ok"
        except (OSError, ValueError, AssertionError, StopIteration, EOFError, TimeoutError) as error:
            word = f"{type(error).__name__} {error}".replace("\n", " ")
        took = (time.monotonic() - start) * 1000
        self._samples.write(f"{start:.4f}\t{took:.3f}\t{kind.__name__.lstrip('_')}\t{word}\n")
        self._samples.flush()

    async def _http_submit(self) -> None:
        status, job = await self._http.call("POST", "/v1/jobs", b'{"kind":"k","queue":"%s"}' % QUEUE.encode())
        assert status == 201, status
        self._jobs.append(job["id"])

    async def _http_get(self) -> None:
        wanted = self._jobs[0]
        status, job = await self._http.call("GET", f"/v1/jobs/{wanted}")
        assert status == 200 and job["id"] == wanted, status

    async def _grpc_submit(self) -> None:
        answer = await self._grpc.call(wire.SUBMIT, wire.submit_request(1, queue=QUEUE))
        self._jobs.append(wire.first_text(answer))

    async def _grpc_get(self) -> None:
        job = self._jobs[-1]
        assert wire.first_text(await self._grpc.call(wire.GET_JOB, wire.get_job(job))) == job


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--http", type=int, required=True)
    parser.add_argument("--grpc", type=int, required=True)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--samples", type=Path, required=True)
    options = parser.parse_args()
    with open(options.samples, "w", encoding="utf-8") as samples:
        asyncio.run(Honest(options.http, options.grpc, samples).run(options.rate))


if __name__ == "__main__":
    main()
