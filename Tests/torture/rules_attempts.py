"""What was promised of attempts: one accepted outcome each, and a history that a job can have."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Iterable

from history import Record
from story import Story, Verdict

#: Which reports end an attempt, and the event that records it.
ENDINGS = {"complete": "completed", "fail": "failed", "release": "released"}


def check_paths(story: Story, verdict: Verdict) -> None:
    """The events of each job are a way through its states."""
    jobs = story.jobs
    for job, events in story.events.items():
        for flaw in flaws(events):
            verdict.blame("path", f"job {job}: {flaw}")
        if events and events[-1]["state"] != jobs[job]["state"]:
            verdict.blame("path", f"job {job} is {jobs[job]['state']}, its last event says {events[-1]['state']}")
    for job in jobs.keys() - story.events.keys():
        verdict.blame("path", f"job {job} has no history")


#: From a state (none before the first event), by an event, to which states.
STEPS: dict[tuple[str, str], frozenset[str]] = {
    ("", "submitted"): frozenset({"QUEUED", "SCHEDULED"}),
    ("SCHEDULED", "queued"): frozenset({"QUEUED"}),
    ("RETRYING", "queued"): frozenset({"QUEUED"}),
    ("QUEUED", "started"): frozenset({"RUNNING"}),
    ("RUNNING", "extended"): frozenset({"RUNNING"}),
    ("RUNNING", "completed"): frozenset({"SUCCEEDED"}),
    ("RUNNING", "failed"): frozenset({"RETRYING", "DEAD"}),
    ("RUNNING", "lost"): frozenset({"QUEUED", "DEAD"}),
    ("RUNNING", "released"): frozenset({"QUEUED"}),
    ("SCHEDULED", "cancelled"): frozenset({"CANCELLED"}),
    ("QUEUED", "cancelled"): frozenset({"CANCELLED"}),
    ("RUNNING", "cancelled"): frozenset({"CANCELLED"}),
    ("RETRYING", "cancelled"): frozenset({"CANCELLED"}),
    ("DEAD", "redriven"): frozenset({"QUEUED"}),
}


def flaws(events: list[Record]) -> Iterable[str]:
    """Where a history is not one that a job can have."""
    if not events:
        yield "no events"
    state, attempt, position = "", 0, 0
    for event in events:
        name, after = event["event"], event["state"]
        if after not in STEPS.get((state, name), frozenset()):
            yield f"{name} leads from {state or 'nothing'} to {after}"
        if int(event["position"]) < position:
            yield f"{name} stands at {event['position']}, behind {position}"
        if name == "started":
            attempt += 1
            if event.get("attempt") != attempt:
                yield f"attempt {event.get('attempt')} started, expected {attempt}"
        if name == "released":
            attempt -= 1
        state, position = after, int(event["position"])


def check_endings(story: Story, verdict: Verdict) -> None:
    """The outcome of an attempt is accepted once, and what was accepted is in the history."""
    histories = story.events
    accepted: dict[tuple[str, int], list[Record]] = defaultdict(list)
    possible: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for report in story["report"]:
        if report["action"] not in ENDINGS:
            continue
        attempt = (report["job"], report["token"])
        if report["outcome"] == "ok":
            accepted[attempt].append(report)
        elif report["outcome"] == "unknown":
            possible[attempt].append(report)
    for begun in story["report-begins"]:
        # Its worker may have been killed before the answer came.
        if begun["action"] in ENDINGS:
            possible[(begun["job"], begun["token"])].append(begun)
    holders: dict[tuple[str, int], set[str]] = defaultdict(set)
    for got in story["got"]:
        holders[(got["job"], got["token"])].add(got["worker"])
        started = [e for e in histories.get(got["job"], []) if e["event"] == "started"]
        if got["attempt"] not in [event.get("attempt") for event in started]:
            verdict.blame("ending", f"job {got['job']}: attempt {got['attempt']} was handed out, no event says so")
    for (job, token), workers in holders.items():
        if len(workers) > 1:
            verdict.blame("fencing", f"job {job}: token {token} was handed to {', '.join(sorted(workers))}")
    for (job, token), reports in accepted.items():
        if len(reports) > 1:
            actions = ", ".join(report["action"] for report in reports)
            verdict.blame("double", f"job {job}: token {token} had {len(reports)} outcomes accepted: {actions}")
        report = reports[0]
        wanted = (ENDINGS[report["action"]], report["attempt"])
        if wanted not in [(e["event"], e.get("attempt")) for e in histories.get(job, [])]:
            verdict.blame("lost", f"job {job}: {report['action']} of attempt {report['attempt']} is not recorded")
    completions: Counter[str] = Counter(
        job for (job, _), reports in accepted.items() if reports[0]["action"] == "complete")
    for job, count in completions.items():
        if count > 1:
            verdict.blame("double", f"job {job} was completed {count} times, by different attempts")
    for report in story["report"]:
        attempt = (report["job"], report["token"])
        if report["reason"] == "already-settled" and not (accepted[attempt] or possible[attempt]):
            verdict.blame("ending", f"job {report['job']}: token {report['token']} is settled, nobody settled it")


def check_results(story: Story, verdict: Verdict) -> None:
    """A result is the one of an attempt that could report it."""
    reported: dict[str, set[str]] = defaultdict(set)
    for report in story["report-begins"]:
        if report["action"] == "complete":
            reported[report["job"]].add(str(report["token"]))
    digests: dict[str, str] = {}
    for job in story["job"]:
        if job["state"] != "SUCCEEDED":
            continue
        if job["queue"].startswith("http-"):
            uid, _, token = job["result"].rpartition(":")
            if uid != job["uid"] or token not in reported[job["id"]]:
                verdict.blame("result", f"job {job['id']} ({job['uid']}) has the result {job['result']!r}")
        elif job["queue"] == "exec" and job["result"] != f"{job['uid']}:{job['attempt']}":
            verdict.blame("result", f"job {job['id']} ({job['uid']}) has the result {job['result']!r}")
        elif job["queue"] == "files":
            path = json.loads(job["payload"])["path"]
            if path not in digests:
                digests[path] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            if json.loads(job["result"]).get("sha256") != digests[path]:
                verdict.blame("result", f"job {job['id']}: {path} has another digest than {job['result']}")


def check_runs(story: Story, verdict: Verdict) -> None:
    """What `--exec` ran is what the history says, and nothing ends that never ran."""
    ran = {(record["job"], record["attempt"]) for record in story["ran"]}
    histories = story.events
    for job in story["job"]:
        if job["queue"] != "exec":
            continue
        for event in histories.get(job["id"], []):
            if event["event"] == "completed" and (job["id"], event.get("attempt")) not in ran:
                verdict.blame("result", f"job {job['id']}: attempt {event.get('attempt')} completed and never ran")
