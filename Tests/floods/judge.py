"""What a run must keep, held against what was measured. Each rule says in words what is wrong, or nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

MEBI = 1 << 20
#: The bar of the figure: honest p99 under attack over that without.
FACTOR = 2.0
#: Above both of these a run fails, however noisy the machine is.
WORST_FACTOR, WORST_MS = 20.0, 500.0
GROWTH = 64 * MEBI
ANSWERED = 0.999


@dataclass(frozen=True)
class Sample:
    """One honest request."""

    start: float
    ms: float
    kind: str
    word: str


@dataclass
class Facts:
    """What was measured of one scene."""

    name: str
    samples: list[Sample] = field(default_factory=list)
    #: Honest requests that were due, whether anything is known of them or not.
    due: int = 0
    before: int = 0
    peak: int = 0
    after: int = 0
    descriptors_before: int = 0
    descriptors_after: int = 0
    load: float = 0.0
    #: The server's exit code after SIGTERM; nil while it ran, which is as it should be.
    died: int | None = None
    exit_code: int | None = 0
    seconds: float = 0.0
    #: What each attack of the scene reports, by its name.
    reports: dict[str, dict] = field(default_factory=dict)


def percentile(samples: list[Sample], share: float) -> float:
    """The time that this share of the requests kept within: the p99 of 300 is the fourth worst, of 600 the seventh."""
    times = sorted(sample.ms for sample in samples)
    return times[min(len(times) - 1, math.ceil(share * len(times)) - 1)] if times else math.nan


def is_within_factor(facts: Facts, calm: float) -> bool:
    return percentile(facts.samples, 0.99) <= FACTOR * calm


def verdicts(facts: Facts, calm: float, limits: dict[str, float | None], allowed: dict[str, tuple]) -> Iterator[str]:
    """All that is wrong. `calm`: the p99 without attack."""
    yield from life(facts)
    yield from honest(facts, calm)
    yield from room(facts)
    for name, report in facts.reports.items():
        yield from offenders(name, report, facts.seconds, limits.get(name))
        yield from answers(name, report, allowed.get(name, ()))


def life(facts: Facts) -> Iterator[str]:
    if facts.died is not None:
        yield f"the server ended with {facts.died}"
    elif facts.exit_code != 0:
        yield f"the server's exit code was {facts.exit_code}"


def honest(facts: Facts, calm: float) -> Iterator[str]:
    failed = [sample for sample in facts.samples if sample.word != "ok"]
    total = max(len(facts.samples), facts.due)
    # One may lie on either edge of the scene.
    if total - len(facts.samples) > 2 + (1 - ANSWERED) * total:
        yield f"nothing is known of {total - len(facts.samples)} of {total} honest requests"
    if total == 0:
        yield "no honest request was made"
    elif len(failed) > (1 - ANSWERED) * total:
        yield f"{len(failed)} of {total} honest requests failed, such as {failed[0].kind}: {failed[0].word}"
    worst = percentile(facts.samples, 0.99)
    if worst > max(WORST_FACTOR * calm, WORST_MS):
        yield f"honest p99 is {worst:.0f} ms, and {calm:.1f} ms without attack"


def room(facts: Facts) -> Iterator[str]:
    if facts.peak - facts.before > GROWTH:
        yield f"memory grew by {(facts.peak - facts.before) / MEBI:.0f} MiB"
    if facts.after - facts.before > GROWTH:
        yield f"memory stays {(facts.after - facts.before) / MEBI:.0f} MiB larger"
    if facts.descriptors_after > facts.descriptors_before:
        yield f"{facts.descriptors_after - facts.descriptors_before} descriptors stay open"


def offenders(name: str, report: dict, seconds: float, limit: float | None) -> Iterator[str]:
    if report["connections"] == 0 or report["sent"] == 0 and limit is None:
        yield f"{name}: nothing was sent"
    if report["connections"] < report["wanted"]:
        yield f"{name}: {report['connections']} of {report['wanted']} connections were made"
    if limit is None:
        return
    longest = max(report["uncut"], report["last_cut"] or 0)
    if longest > limit:
        yield f"{name}: an offender was let live for {longest:.1f} s, the limit is {limit:g} s"
    elif seconds > limit and report["cuts"] == 0:
        yield f"{name}: nobody was cut"


def answers(name: str, report: dict, allowed: tuple[str, ...]) -> Iterator[str]:
    """Attacks that are answered: by nothing but these words, and by at least one."""
    if not allowed:
        return
    wrong = {word: count for word, count in report["answers"].items() if word not in allowed}
    if wrong:
        yield f"{name}: answered {wrong}, only {', '.join(allowed)} may be"
    elif not report["answers"]:
        yield f"{name}: nothing was answered"
