"""What happened in a run, counted for people."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from story import Story, Verdict


def check_figures(story: Story, verdict: Verdict) -> None:
    """Counts what happened, for people."""
    events = Counter(event["event"] for history in story.events.values() for event in history)
    kills = Counter(record["what"] for record in story["kill"])
    verdict.figures.setdefault("maybe", 0)
    verdict.figures |= {
        "kills": sum(kills.values()),
        **{f"kills of {what}": count for what, count in sorted(kills.items())},
        "jobs": len(story["listed"]),
        "acknowledged by name": len({job for submit in story["submit"] for job in submit["ids"]}),
        "unknown outcomes of submissions": sum(1 for s in story["submit"] if s["outcome"] == "unknown"),
        "reports with an unknown answer": sum(1 for r in story["report"] if r["outcome"] == "unknown"),
        "reports refused as late": sum(1 for r in story["report"] if r["reason"] == "stale-attempt"),
        "reports refused as repeated": sum(1 for r in story["report"] if r["reason"] == "already-settled"),
        **{f"events {name}": events[name] for name in sorted(events)},
        "jobs quarantined": sum(1 for job in story["job"] if job["failure"] in ("quarantined", "lost")),
        "server errors (500)": sum(
            1 for kind in ("submit", "report", "steer") for r in story[kind] if r["status"] == 500),
        **reclaims(story),
        "violations": len(verdict.violations),
    }


def reclaims(story: Story) -> dict[str, int]:
    """How long after its worker was killed an attempt was lost, where no kill of the server came between."""
    restarts = sorted(record["t"] for record in story["kill"] if record["what"] == "server")
    died = {record["session"]: record["t"] for record in story["kill"] if record.get("session")}
    waits: list[float] = []
    for history in story.events.values():
        session = ""
        for event in history:
            if event["event"] == "started":
                session = event.get("sessionId", "")
            elif event["event"] == "lost" and session in died:
                begin, end = died[session], datetime.fromisoformat(event["time"]).timestamp()
                if begin < end and not any(begin - 1 < restart < end for restart in restarts):
                    waits.append(end - begin)
    if not waits:
        return {"attempts reclaimed from killed workers": 0}
    return {"attempts reclaimed from killed workers": len(waits), "slowest reclaim, ms": round(max(waits) * 1000)}


def table(verdict: Verdict) -> str:
    width = max(len(name) for name in verdict.figures)
    return "\n".join(f"{name:<{width}}  {value:>9,}" for name, value in verdict.figures.items())
