"""Reads the history of a run and says what was promised and not kept. Knows nothing of how the load was made."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterable

from history import Record, read

FINAL = frozenset({"SUCCEEDED", "DEAD", "CANCELLED"})
#: Which reports end an attempt, and the event that records it.
ENDINGS = {"complete": "completed", "fail": "failed", "release": "released"}


@dataclass
class Verdict:
    """What a check found."""

    violations: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def blame(self, rule: str, what: str) -> None:
        self.violations.append(f"{rule}: {what}")


@dataclass
class Story:
    """The records of a run, sorted by what they are about."""

    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, records: Iterable[Record]) -> Story:
        story = cls()
        for record in records:
            story.records[record["type"]].append(record)
        return story

    def __getitem__(self, kind: str) -> list[Record]:
        return self.records.get(kind, [])

    @property
    def jobs(self) -> dict[str, Record]:
        return {record["id"]: record for record in self["job"]}

    @property
    def events(self) -> dict[str, list[Record]]:
        return {record["id"]: record["events"] for record in self["events"]}


def check(records: Iterable[Record]) -> Verdict:
    story, verdict = Story.of(records), Verdict()
    checks: list[Callable[[Story, Verdict], None]] = [
        check_acknowledged, check_ghosts, check_keys, check_counted, check_paths, check_endings, check_results,
        check_runs, check_final_states, check_steering, check_list, check_figures,
    ]
    for one in checks:
        one(story, verdict)
    return verdict


def check_acknowledged(story: Story, verdict: Verdict) -> None:
    """Every acknowledged job is there and has ended."""
    jobs = story.jobs
    for submit in story["submit"]:
        if submit["outcome"] == "ok" and len(submit["ids"]) != len(submit["uids"]):
            verdict.blame("acknowledged", f"{len(submit['uids'])} jobs were answered with {len(submit['ids'])} ids")
        for uid, job in zip(submit["uids"], submit["ids"]):
            if job not in jobs:
                verdict.blame("lost", f"job {job} ({uid}) was acknowledged and is not there")
            elif jobs[job]["uid"] != uid:
                verdict.blame("acknowledged", f"job {job} is {jobs[job]['uid']}, acknowledged as {uid}")
    for job in jobs.values():
        if job["state"] not in FINAL:
            verdict.blame("lost", f"job {job['id']} ({job['uid']}) has not ended: {job['state']}")
    for record in story["missing"]:
        verdict.blame("lost", f"job {record['job']} was acknowledged and then not known")


def check_ghosts(story: Story, verdict: Verdict) -> None:
    """No job is there that was never submitted, and none twice."""
    acknowledged = {job for submit in story["submit"] for job in submit["ids"]}
    begun = {uid for submit in story["submit-begins"] for uid in submit["uids"]}
    # Whoever asked and heard nothing, or asked and was killed, may have submitted.
    certain = Counter[str]()
    asked = Counter(uid for submit in story["submit-begins"] for uid in submit["uids"])
    for submit in story["submit"]:
        if submit["outcome"] == "refused":
            certain.update(submit["uids"])
    by_uid: dict[str, list[str]] = defaultdict(list)
    for job in story["job"]:
        if not job["uid"]:
            continue
        by_uid[job["uid"]].append(job["id"])
        if job["uid"] not in begun:
            verdict.blame("ghost", f"job {job['id']} ({job['uid']}) was never submitted")
        elif job["id"] not in acknowledged:
            if certain[job["uid"]] == asked[job["uid"]]:
                verdict.blame("ghost", f"job {job['id']} ({job['uid']}) was refused and is there")
            else:
                verdict.figures["maybe"] = verdict.figures.get("maybe", 0) + 1
    for uid, ids in by_uid.items():
        if len(ids) > 1:
            verdict.blame("duplicate", f"{uid} was submitted once and is {len(ids)} jobs: {', '.join(ids)}")


def check_keys(story: Story, verdict: Verdict) -> None:
    """One key, one job."""
    by_key: dict[str, set[str]] = defaultdict(set)
    for submit in story["submit"]:
        for key, job in zip(submit["keys"], submit["ids"]):
            by_key[key].add(job)
    jobs = story.jobs
    for key, ids in by_key.items():
        if len(ids) > 1:
            verdict.blame("key", f"{key} was answered with {len(ids)} jobs: {', '.join(sorted(ids))}")
        for job in ids & jobs.keys():
            if jobs[job]["key"] != key:
                verdict.blame("key", f"job {job} has the key {jobs[job]['key']!r}, submitted with {key!r}")
    for record in story["conflict"]:
        if record["outcome"] == "ok":
            verdict.blame("key", f"{record['keys'][0]} was accepted for another request")


def check_counted(story: Story, verdict: Verdict) -> None:
    """Of the jobs that are only counted there are as many as were acknowledged."""
    there = Counter(record["queue"] for record in story["listed"])
    for queue in {record["queue"] for record in story["counted"]}:
        records = [record for record in story["counted"] if record["queue"] == queue]
        least = sum(record["jobs"] for record in records if record["outcome"] == "ok")
        most = sum(record["jobs"] for record in records)
        if not least <= there[queue] <= most:
            verdict.blame("counted", f"{queue} holds {there[queue]} jobs, from {least} to {most} were submitted")
    for record in story["listed"]:
        if record["state"] not in FINAL:
            verdict.blame("lost", f"job {record['id']} of {record['queue']} is listed as {record['state']}")


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


def check_final_states(story: Story, verdict: Verdict) -> None:
    """Success and cancellation are for ever; death lasts until a redrive. What was seen is never taken back."""
    jobs, histories = story.jobs, story.events
    for seen in story["seen"]:
        job = jobs.get(seen["job"])
        if job is None:
            verdict.blame("final", f"job {seen['job']} was seen {seen['state']} and is not there")
            continue
        redriven = any(event["event"] == "redriven" for event in histories.get(seen["job"], []))
        if job["state"] != seen["state"] and not (seen["state"] == "DEAD" and redriven):
            verdict.blame("final", f"job {seen['job']} was seen {seen['state']} and is {job['state']}")


def check_steering(story: Story, verdict: Verdict) -> None:
    """What an operator was told was done is in the history, and nothing else is."""
    done: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for begun in story["steer-begins"]:
        done[(begun["job"], begun["action"])]["asked"] += 1
    for steer in story["steer"]:
        done[(steer["job"], steer["action"])][steer["outcome"]] += 1
    events = {"cancel": "cancelled", "redrive": "redriven"}
    for job, history in story.events.items():
        for action, event in events.items():
            counts = done.get((job, action), Counter())
            there = sum(1 for one in history if one["event"] == event)
            if not counts["ok"] <= there <= counts["asked"] - counts["refused"]:
                verdict.blame(
                    "steering", f"job {job}: {there} times {event}, {counts['ok']} acknowledged, "
                    f"{counts['asked'] - counts['refused']} possible")


def check_list(story: Story, verdict: Verdict) -> None:
    """The list says what get says, each job once; the queues' counts are those of the list."""
    listed = Counter(record["id"] for record in story["listed"])
    for job, count in listed.items():
        if count > 1:
            verdict.blame("list", f"job {job} is listed {count} times")
    states = {record["id"]: record["state"] for record in story["listed"]}
    for job in story["job"]:
        if states.get(job["id"]) != job["state"]:
            verdict.blame("list", f"job {job['id']} is listed as {states.get(job['id'])}, get says {job['state']}")
    for record in story["absent"]:
        verdict.blame("list", f"job {record['id']} is listed or acknowledged, and get does not know it")
    totals = Counter((record["queue"], record["state"].lower()) for record in story["listed"])
    for queue in story["queue"]:
        for state in ("scheduled", "queued", "running", "retrying", "succeeded", "dead", "cancelled"):
            said, there = int(queue.get(state, 0)), totals[(queue["name"], state)]
            if said != there:
                verdict.blame("list", f"queue {queue['name']} says {said} {state}, the list has {there}")


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
        "server errors (500)": sum(1 for kind in ("submit", "report", "steer") for r in story[kind] if r["status"] == 500),
        "violations": len(verdict.violations),
    }


def table(verdict: Verdict) -> str:
    width = max(len(name) for name in verdict.figures)
    return "\n".join(f"{name:<{width}}  {value:>9,}" for name, value in verdict.figures.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("history", type=Path, help="the folder with a run's *.jsonl")
    folder = parser.parse_args().history
    verdict = check(read(folder))
    print(table(verdict))
    for violation in verdict.violations[:100]:
        print(f"VIOLATION {violation}", file=sys.stderr)
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())
