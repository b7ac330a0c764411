"""The figures of a scene, for people and for programs."""

from __future__ import annotations

from judge import MEBI, Facts, is_within_factor, percentile

HEAD = (
    f"{'attack':<18}{'conns':>7}{'sent':>11}{'MiB':>7} |{'p50 ms':>8}{'p99 ms':>8}{'x':>6}{'bar':>8}{'answered':>10} |"
    f"{'before':>7}{'peak':>7}{'after':>7} MiB{'fds':>5}{'cpu':>6} | {'cut after s (first/median/last)':<34}answers"
)


def row(facts: Facts, calm: float, limits: dict[str, float | None]) -> str:
    p50, p99 = percentile(facts.samples, 0.5), percentile(facts.samples, 0.99)
    reports = facts.reports.values()
    answered = sum(1 for sample in facts.samples if sample.word == "ok") / max(len(facts.samples), 1)
    text = (
        f"{facts.name:<18}{total(reports, 'connections'):>7}{total(reports, 'sent'):>11}"
        f"{total(reports, 'bytes') / MEBI:>7.0f} |{p50:>8.2f}{p99:>8.2f}{p99 / calm:>6.1f}"
        f"{'met' if is_within_factor(facts, calm) else 'missed':>8}{answered:>9.2%}  |"
        f"{facts.before / MEBI:>7.0f}{facts.peak / MEBI:>7.0f}{facts.after / MEBI:>7.0f}    "
        f"{facts.descriptors_after - facts.descriptors_before:>+5}{facts.load:>6.0%} | ")
    lines = [f"{cut(report):<34}{words(report)}" for report in reports]
    if len(lines) <= 1:
        return text + "".join(lines)
    named = [f"    {name:<18}{line}" for name, line in zip(facts.reports, lines)]
    return "\n".join([text, *named])


def cut(report: dict) -> str:
    if not report["cuts"]:
        return f"nobody, oldest {report['uncut']:.1f}" if report["uncut"] else "-"
    times = "/".join(f"{report[key]:.2f}" for key in ("first_cut", "median_cut", "last_cut"))
    return f"{report['cuts']}: {times}" + (f", oldest {report['uncut']:.1f}" if report["uncut"] > 1 else "")


def words(report: dict) -> str:
    most = sorted(report["answers"].items(), key=lambda pair: -pair[1])[:5]
    return ", ".join(f"{count} {word}" for word, count in most)


def total(reports, key: str) -> int:
    return sum(report[key] for report in reports)


def figures(facts: Facts, calm: float) -> dict:
    return {
        "scene": facts.name, "seconds": facts.seconds, "honest": len(facts.samples),
        "p50_ms": percentile(facts.samples, 0.5), "p99_ms": percentile(facts.samples, 0.99), "calm_p99_ms": calm,
        "within_twice": is_within_factor(facts, calm),
        "memory": {"before": facts.before, "peak": facts.peak, "after": facts.after},
        "descriptors": {"before": facts.descriptors_before, "after": facts.descriptors_after},
        "load": facts.load, "reports": facts.reports,
    }
