"""What was promised of jobs: none lost, none that nobody submitted, one for a key, and one truth about each."""

from __future__ import annotations

from collections import Counter, defaultdict

from story import FINAL, Story, Verdict


def check_acknowledged(story: Story, verdict: Verdict) -> None:
    """Every acknowledged job is there."""
    jobs = story.jobs
    for submit in story["submit"]:
        if submit["outcome"] == "ok" and len(submit["ids"]) != len(submit["uids"]):
            verdict.blame("acknowledged", f"{len(submit['uids'])} jobs were answered with {len(submit['ids'])} ids")
        for uid, job in zip(submit["uids"], submit["ids"]):
            if job not in jobs:
                verdict.blame("lost", f"job {job} ({uid}) was acknowledged and is not there")
            elif jobs[job]["uid"] != uid:
                verdict.blame("acknowledged", f"job {job} is {jobs[job]['uid']}, acknowledged as {uid}")
    for record in story["missing"]:
        verdict.blame("lost", f"job {record['job']} was acknowledged and then not known")


def check_ended(story: Story, verdict: Verdict) -> None:
    """Every job has ended."""
    for job in story["job"]:
        if job["state"] not in FINAL:
            verdict.blame("lost", f"job {job['id']} ({job['uid']}) has not ended: {job['state']}")


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
