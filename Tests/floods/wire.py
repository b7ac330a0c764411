"""The few protobuf messages that the floods and the honest client need, written by hand."""

from __future__ import annotations

SUBMIT = "/martlet.v1.Jobs/Submit"
SUBMIT_STREAM = "/martlet.v1.Jobs/SubmitStream"
GET_JOB = "/martlet.v1.Jobs/GetJob"
LIST_JOBS = "/martlet.v1.Jobs/ListJobs"
WAIT_JOBS = "/martlet.v1.Jobs/WaitJobs"
LEASE = "/martlet.v1.Work/Lease"
SESSION = "/martlet.v1.Work/Session"


def field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    text = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(text)) + text


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def submit_request(jobs: int, payload: bytes = b"", queue: str = "flood") -> bytes:
    """`SubmitRequest` of `jobs` equal jobs."""
    return field(1, field(1, "k") + field(2, queue) + field(3, payload)) * jobs


def get_job(job: str) -> bytes:
    return field(1, job)


def list_jobs(size: int) -> bytes:
    return field(6, size)


def open_session(queue: str, concurrency: int) -> bytes:
    """`WorkerMessage.open`."""
    return field(1, field(2, "flood") + field(3, queue) + field(4, concurrency))


HEARTBEAT = field(3, b"")


def first_text(message: bytes) -> str:
    """The first field of a message, which is a short text: the id of `SubmitResponse` and of `Job`."""
    assert message[0] == 0x0A
    return message[2 : 2 + message[1]].decode()
