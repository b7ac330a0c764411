"""HTTP/2 frames as bytes, right or wrong as the caller likes: nothing here checks anything."""

from __future__ import annotations

import struct
from collections.abc import Iterator

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 0x1, 0x1, 0x4
INITIAL_WINDOW_SIZE = 4
CANCEL = 8
#: The largest frame that every server must take.
LARGEST = 16_384
#: As many streams as the server lets one connection have at one time.
ALL_STREAMS = range(1, 200, 2)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(**values: int) -> bytes:
    """`settings(window=0)`."""
    pairs = b"".join(struct.pack(">HI", INITIAL_WINDOW_SIZE, value) for value in values.values())
    return frame(SETTINGS, 0, 0, pairs)


def window(payload: bytes, standard: int) -> int:
    """The initial window that a SETTINGS frame sets."""
    pairs = dict(struct.iter_unpack(">HI", payload))
    return pairs.get(INITIAL_WINDOW_SIZE, standard)


def hello(**values: int) -> bytes:
    """What a client says first; the acknowledgement of the server's settings comes right behind."""
    return PREFACE + settings(**values) + frame(SETTINGS, ACK, 0)


def window_update(stream: int, size: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def reset(stream: int) -> bytes:
    return frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL))


def ping(number: int) -> bytes:
    return frame(PING, 0, 0, struct.pack(">Q", number))


def number(value: int, bits: int, pattern: int = 0) -> bytes:
    """HPACK's integer behind the bits of `pattern`."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([pattern | value])
    out = bytearray([pattern | most])
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def literal(name: str, value: str | bytes, indexed: bool = False) -> bytes:
    """One header field in full; `indexed` puts it into the peer's table."""
    text = value.encode() if isinstance(value, str) else value
    key = name.encode()
    return (b"\x40" if indexed else b"\x00") + number(len(key), 7) + key + number(len(text), 7) + text


def call_head(path: str, *more: tuple[str, str]) -> bytes:
    """The header block of a gRPC call."""
    fields = [
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1"), ("te", "trailers"),
        ("content-type", "application/grpc"), *more,
    ]
    return b"".join(literal(name, value) for name, value in fields)


def headers(stream: int, block: bytes, flags: int = END_HEADERS) -> bytes:
    return frame(HEADERS, flags, stream, block)


def data(stream: int, payload: bytes, flags: int = 0) -> bytes:
    return frame(DATA, flags, stream, payload)


def message(payload: bytes, compressed: bool = False, length: int | None = None) -> bytes:
    """gRPC's prefix and a message; `length` may lie."""
    return struct.pack(">BI", compressed, len(payload) if length is None else length) + payload


class Reader:
    """Takes bytes as they come and gives the heads of the frames in them: kind, flags, stream, payload."""

    def __init__(self) -> None:
        self._rest = b""

    def read(self, chunk: bytes) -> Iterator[tuple[int, int, int, bytes]]:
        rest = self._rest + chunk
        at = 0
        while len(rest) - at >= 9:
            size = int.from_bytes(rest[at : at + 3], "big")
            if len(rest) - at < 9 + size:
                break
            kind, flags, stream = struct.unpack_from(">BBI", rest, at + 3)
            yield kind, flags, stream & 0x7FFFFFFF, rest[at + 9 : at + 9 + size]
            at += 9 + size
        self._rest = rest[at:]
