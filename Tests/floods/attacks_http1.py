"""Attacks by requests, on the HTTP port."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from attack import MEGA, SLACK, Attack, hold, storm
from field import Field
from peer import Peer

KILO = 1 << 10


def post(path: str, body: bytes, *more: str) -> bytes:
    return head(path, f"Content-Length: {len(body)}", *more) + body


def head(path: str, *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: t", "Content-Type: application/json", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def header_bombs() -> Iterator[tuple[bytes, int]]:
    many = b"".join(b"h%d: v\r\n" % number for number in range(100_000))
    large = b"large: " + b"l" * (80 * KILO) + b"\r\n"
    yield b"GET /livez HTTP/1.1\r\n" + next(BOMBS)(many, large) + b"\r\n", 1


BOMBS = itertools.cycle([lambda many, large: many, lambda many, large: large])


def job(field: bytes) -> bytes:
    return b'{"kind":"k","queue":"flood",' + field + b"}"


def json_bombs() -> list[bytes]:
    return [
        b'{"retry":' * 100_000 + b"{}" + b"}" * 100_000,
        b"[" * 100_000,
        b"{" + b",".join(b'"k%d":1' % number for number in range(1_000_000)) + b"}",
        job(b'"priority":1e400'),
        job(b'"priority":' + b"9" * MEGA),
        job(b'"payloadText":"' + b"x" * (11 * MEGA) + b'"'),
        job(b'"payloadText":"' + b"\\u0041" * (11 * MEGA // 6) + b'"'),
        b'{"jobs":[' + b"{}," * (3 * MEGA) + b"{}]}",
        b" " * (11 * MEGA),
        b'{"jobs":[' + b"0," * (5 * MEGA) + b"0]}",
    ]


def asking(name: str, requests: Callable[[], list[bytes]], answers: tuple[str, ...]) -> Attack:
    """Each request on a connection of its own, one after the other, each read to its answer."""

    async def run(place: Field) -> None:
        made = itertools.cycle(requests())
        await storm(place, "http", b"", lambda: [(next(made), 1)], connections=2)

    return Attack(name, run, answers=answers)


def closing(body: bytes) -> bytes:
    return post("/v1/jobs:batch", body, "Connection: close")


def oversized() -> list[bytes]:
    chunk = b"%x\r\n" % MEGA + b"x" * MEGA + b"\r\n"
    return [
        head("/v1/jobs", "Content-Length: 1000000000000") + b"x" * MEGA,
        head("/v1/jobs", "Content-Length: 18446744073709551615") + b"x",
        post("/v1/jobs", b"x" * (13 * MEGA)),
        head("/v1/jobs", "Transfer-Encoding: chunked") + chunk * 20,
    ]


def tiny_chunks() -> Iterator[tuple[bytes, int]]:
    yield head("/v1/jobs", "Transfer-Encoding: chunked"), 1
    yield from itertools.repeat((b"1\r\n \r\n" * 1000, 1000))


GET = b"GET /livez HTTP/1.1\r\nHost: t\r\n\r\n"


async def pipelining(place: Field) -> None:
    await storm(place, "http", b"", lambda: itertools.repeat((GET * 500, 500)))


async def pipelining_unread(place: Field) -> None:
    async def begin(peer: Peer) -> None:
        peer.stop_reading()
        peer.offends()
        for _ in range(200):
            if not await peer.send(GET * 500, 500):
                return

    await hold(place, "http", 8, begin)


async def idle(place: Field) -> None:
    async def begin(peer: Peer) -> None:
        peer.offends()

    await hold(place, "http", 5_000, begin)


async def slow_head(place: Field) -> None:
    async def begin(peer: Peer) -> None:
        peer.offends()
        await peer.send(b"GET /livez HTTP/1.1\r\nHost: t\r\nX: ")

    await hold(place, "http", 500, begin, drip=b"s")


async def slow_body(place: Field) -> None:
    async def begin(peer: Peer) -> None:
        peer.offends()
        await peer.send(head("/v1/jobs", f"Content-Length: {MEGA}") + b"{")

    await hold(place, "http", 500, begin, drip=b" ")


async def held_bodies(place: Field) -> None:
    """Nearly whole bodies, as large as they may be."""

    async def begin(peer: Peer) -> None:
        peer.offends()
        await peer.send(head("/v1/jobs", f"Content-Length: {12 * MEGA}"))
        for _ in range(11):
            if not await peer.send(b" " * MEGA):
                return

    await hold(place, "http", 40, begin, drip=b" ")


async def slow_reader(place: Field) -> None:
    """Large lists that are asked for and not read."""

    async def begin(peer: Peer) -> None:
        peer.stop_reading()
        peer.offends()
        await peer.send(b"GET /v1/jobs?page_size=1000 HTTP/1.1\r\nHost: t\r\n\r\n" * 40, 40)

    await hold(place, "http", 8, begin)


ATTACKS = [
    Attack("header-bombs", lambda place: storm(place, "http", b"", header_bombs, 2), answers=("431",)),
    asking("json-bombs", lambda: [closing(body) for body in json_bombs()], ("400", "413", "429", "503")),
    asking("oversized", oversized, ("400", "413", "429", "503")),
    Attack("tiny-chunks", lambda place: storm(place, "http", b"", tiny_chunks), 5, ("400",)),
    Attack("pipelining", pipelining, cut_within=5, answers=("200", "429")),
    Attack("idle-http", idle, cut_within=10 + SLACK, is_slow=True),
    Attack("slow-head", slow_head, cut_within=10 + SLACK, is_slow=True),
    Attack("slow-body", slow_body, cut_within=30 + SLACK, is_slow=True),
    Attack("held-bodies", held_bodies, cut_within=30 + SLACK, is_slow=True),
    Attack("slow-reader", slow_reader, cut_within=30 + SLACK, is_slow=True),
    Attack("pipelining-unread", pipelining_unread, cut_within=30 + SLACK, is_slow=True),
]
