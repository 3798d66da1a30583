"""docs/simulation.md: the table, what the numbers mean, and how they were made."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tools.simulation import clinic, measures, patients, whole_courses
from tools.simulation.runs import POLICIES, Result
from tools.simulation.year import RUN_OUT_WEEKS

PAGE = Path(__file__).with_name("page.md")
"""The page, with names in braces where something is filled in."""

ROWS: Mapping[str, tuple[str, str]] = {
    "patients": ("courses asked for", "{:,.0f}"),
    "visits": ("visits but the first", "{:,.0f}"),
    "outside their window": ("**visits outside their window**", "{:,.0f}"),
    "too soon": ("… too soon", "{:,.0f}"),
    "too late": ("… too late", "{:,.0f}"),
    "courses longer than the span": ("**courses too long**", "{:,.0f}"),
    "dates withdrawn": ("**promised dates withdrawn**", "{:,.0f}"),
    "because of news": ("… by closed days and broken chairs", "{:,.0f}"),
    "because of deferral": ("… by a deferral of another visit", "{:,.0f}"),
    "because of make-up": ("… by a make-up visit", "{:,.0f}"),
    "days waited, mean": ("**days waited**, mean", "{:.1f}"),
    "days waited, median": ("… median", "{:.0f}"),
    "days waited, 9 of 10 at most": ("… nine of ten at most", "{:.0f}"),
    "chair use": ("**chair use**", "{:.1f} %"),
    "never seated": ("**courses never seated**", "{:,.0f}"),
    "completed": ("completed, of those that began", "{:.1f} %"),
    "visits of six, mean": ("visits of six, mean", "{:.2f}"),
    "boosters": ("boosters", "{:,.0f}"),
}
"""The rows of the table: a figure, what it is called, and how it is written."""

COUNTS = {
    "overridden": "decided by the clinician",
    "without a date": "changes for which no day was found",
    "without a place after news": "courses for which news left no place",
}
"""The rows that only the register can have: a count, and what it is called."""


def report(results: Sequence[Result]) -> str:
    """The page of results in the order of chairs, then of policies."""
    setting = results[0].setting
    ours = [one for one in results if one.setting.policy == POLICIES[0]]
    return PAGE.read_text(encoding="utf-8").format(
        weeks=setting.weeks,
        seed=setting.seed,
        run_out=RUN_OUT_WEEKS,
        table="\n".join(_table(results)),
        says="\n".join(_says(results)),
        gap=measures.GAP,
        booster=measures.BOOSTER_GAP,
        span=measures.SPAN,
        warm_up=measures.WARM_UP_WEEKS,
        minutes=clinic.VISIT_MINUTES,
        soon=whole_courses.SOON.days,
        refused=sum(one.counts["refused"] for one in ours),
        inspected=f"{sum(one.counts['checked'] for one in ours):,}",
        assumed="\n".join(_assumed()),
    )


def _table(results: Sequence[Result]) -> Iterator[str]:
    heads = [f"{one.setting.chairs} chairs, {one.setting.policy}" for one in results]
    yield f"| | {' | '.join(heads)} |"
    yield f"|---|{'--:|' * len(heads)}"
    for name, (said, form) in ROWS.items():
        cells = [form.format(one.measures.figures[name]) for one in results]
        yield f"| {said} | {' | '.join(cells)} |"
    for name, said in COUNTS.items():
        ours = (one.setting.policy == POLICIES[0] for one in results)
        cells = [
            f"{one.counts[name]:,}" if own else "–" for one, own in zip(results, ours, strict=True)
        ]
        yield f"| {said} | {' | '.join(cells)} |"


def _says(results: Sequence[Result]) -> Iterator[str]:
    """For each measure who did better, whatever it is."""
    pairs = list(zip(results[::2], results[1::2], strict=True))
    for name, noun, less_is_better in (
        ("outside their window", "Visits outside their window", True),
        ("courses longer than the span", "Courses that are too long", True),
        ("dates withdrawn", "Promised dates withdrawn", True),
        ("days waited, mean", "Days waited", True),
        ("chair use", "Chair use", False),
        ("never seated", "Courses never seated", True),
        ("visits of six, mean", "Visits of six", False),
    ):
        form = ROWS[name][1]
        both = [(one.measures.figures[name], other.measures.figures[name]) for one, other in pairs]
        better = sum(one < other if less_is_better else one > other for one, other in both)
        worse = sum(one > other if less_is_better else one < other for one, other in both)
        verdict = "mixed"
        if better and not worse:
            verdict = "ketasched is better"
        elif worse and not better:
            verdict = "**ketasched is worse**"
        elif not better:
            verdict = "no difference"
        said = "; ".join(f"{form.format(one)} beside {form.format(other)}" for one, other in both)
        chairs = ", ".join(str(one.setting.chairs) for one, _ in pairs)
        yield f"- {noun} ({chairs} chairs): {said}: {verdict}."


def _assumed() -> Iterator[str]:
    rows = (
        ("completed courses", f"{patients.COMPLETED:.0%}; 5.8 of 6 visits", "PMC9096687"),
        (
            "missed visits",
            f"{patients.MISSES:.0%}",
            "an assumption, below the 8.8 % of visits to psychiatrists, as those in intensive "
            "treatments miss fewer (Sparr et al., Hosp Community Psychiatry 1993;44:801-5)",
        ),
        (
            "minutes of a visit, windows, six visits",
            f"{clinic.VISIT_MINUTES}; {measures.GAP[0]} to {measures.GAP[1]} days; "
            f"{measures.SPAN} days",
            "the protocol iv-depression and its sources",
        ),
        ("days to a booster", "14, 21 or 28", "the protocol (bionuu.com)"),
        (
            "new courses",
            f"{patients.COURSES_A_WEEK} a week for each chair (Poisson)",
            "an assumption: about 95 % of all places, with boosters and missed visits",
        ),
        ("twice a week, the others three times", f"{patients.TWICE_A_WEEK:.0%}", "an assumption"),
        (
            "some weekdays only; half days only; away for 1 to 3 days",
            "20 %; 20 %; 30 %",
            "assumptions, as in the benchmarks",
        ),
        ("asked start; latest start", "3 to 10 days off; 14 to 28 later", "assumptions"),
        ("visits deferred, by 1 to 3 days", f"{patients.DEFERS:.0%}", "an assumption"),
        ("courses held, for 4 to 10 days", f"{patients.HOLDS:.0%}", "an assumption"),
        ("courses with 1 to 3 boosters", f"{patients.BOOSTED:.0%}", "an assumption"),
        ("transfers, after 1 to 3 visits elsewhere", f"{patients.TRANSFERS:.0%}", "an assumption"),
        (
            "a closed day; a repair of 1 to 4 days",
            f"{clinic.CLOSURES_A_WEEK:.0%}; {clinic.REPAIRS_A_WEEK:.0%} of weeks",
            "assumptions",
        ),
        (
            "a missed visit without a place is tried again",
            f"for {whole_courses.TRIED_AGAIN.days} days",
            "an assumption",
        ),
    )
    for what, number, source in rows:
        yield f"| {what} | {number} | {source} |"
