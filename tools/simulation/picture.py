"""docs/simulation.svg: the measures of both policies as bars, for light and dark pages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tools.simulation.measures import Measures
from tools.simulation.runs import POLICIES, Result

WIDTH, MARGIN, COLUMNS = 960, 28, 3
HEAD, FOOT = 104, 44
PANEL_HEIGHT, TITLE_HEIGHT, GROUP_HEIGHT, BAR_HEIGHT = 232, 56, 56, 18
LABEL_WIDTH, VALUE_WIDTH, GAP = 66, 62, 24

STYLE = """
  svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0;
        --ours: #0a6e5c; --other: #b8bfc6; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --line: #3d444d;
          --ours: #3fb8a0; --other: #59626d; }
  }
  .paper { fill: var(--paper); } .line { stroke: var(--line); }
  .ours { fill: var(--ours); } .other { fill: var(--other); }
  text { fill: var(--ink); font: 14px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
  .head { font-size: 20px; font-weight: 600; } .title { font-weight: 600; }
  .soft { fill: var(--soft); font-size: 12.5px; } .value { font-variant-numeric: tabular-nums; }
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """A measure as it is shown: its title, which way is better, its value and its form."""

    title: str
    note: str
    value: Callable[[Measures], float]
    form: str


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole


PANELS = (
    Panel(
        "Visits outside their window",
        "of all visits but the first; less is better",
        lambda one: _percent(one.outside, one.visits),
        "{:.1f} %",
    ),
    Panel(
        "Courses longer than three weeks",
        "of all courses that began; less is better",
        lambda one: _percent(one.too_long, one.began),
        "{:.1f} %",
    ),
    Panel(
        "Promised dates withdrawn",
        "for each hundred visits; less is better",
        lambda one: _percent(one.all_withdrawn, one.visits),
        "{:.1f}",
    ),
    Panel(
        "Days waited",
        "asked start to first visit, mean; less is better",
        lambda one: one.figures["days waited, mean"],
        "{:.1f}",
    ),
    Panel(
        "Chair use",
        "of open chair minutes; more is better",
        lambda one: 100 * one.chair_use,
        "{:.0f} %",
    ),
    Panel(
        "Courses never seated",
        "of all that were asked for; less is better",
        lambda one: _percent(one.never_seated, one.patients),
        "{:.1f} %",
    ),
)
"""What the picture shows, in this order, from left to right and down."""


def draw(results: Sequence[Result]) -> str:
    """The picture of the results, which are in the order of chairs, then of `POLICIES`."""
    rows = -(-len(PANELS) // COLUMNS)
    height = HEAD + rows * PANEL_HEIGHT + FOOT
    body = [*_head(), *_foot(height)]
    width = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS
    for number, panel in enumerate(PANELS):
        row, column = divmod(number, COLUMNS)
        at = MARGIN + column * (width + GAP), HEAD + row * PANEL_HEIGHT
        body += _panel(panel, results, at, width)
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    said = escape(_description(results))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            "<title>A year in a clinic, by two policies</title>",
            f"<desc>{said}</desc>",
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
            *body,
            "</svg>\n",
        ]
    )


def _head() -> Iterator[str]:
    yield _text(
        MARGIN, 40, "A year in a clinic, simulated: the same patients, the same fates", "head"
    )
    yield _bar(MARGIN, 60, 28, "ours")
    yield _text(MARGIN + 38, 75, "ketasched: courses planned whole")
    yield _bar(MARGIN + 300, 60, 28, "other")
    yield _text(MARGIN + 338, 75, "first come, first served: each visit on the nearest free day")


def _foot(height: int) -> Iterator[str]:
    said = "Made by make simulate; how, and what is assumed: docs/simulation.md"
    yield _text(MARGIN, height - 18, said, "soft")


def _panel(
    panel: Panel, results: Sequence[Result], at: tuple[float, float], width: float
) -> Iterator[str]:
    left, top = at
    yield f'<path class="line" d="M{left:g} {top:g}h{width:g}"/>'
    yield _text(left, top + 24, panel.title, "title")
    yield _text(left, top + 42, panel.note, "soft")
    most = max(panel.value(one.measures) for one in results) or 1
    space = width - LABEL_WIDTH - VALUE_WIDTH
    for number, one in enumerate(results):
        group, place = divmod(number, len(POLICIES))
        y = top + TITLE_HEIGHT + group * GROUP_HEIGHT + place * (BAR_HEIGHT + 3) + 4
        value = panel.value(one.measures)
        if place == 0:
            yield _text(left, y + BAR_HEIGHT + 6, f"{one.setting.chairs} chairs", "soft")
        length = max(value / most * space, 1)
        yield _bar(left + LABEL_WIDTH, y, length, "ours" if place == 0 else "other")
        said = panel.form.format(value)
        yield _text(left + LABEL_WIDTH + length + 7, y + 14, said, "value")


def _bar(x: float, y: float, length: float, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{length:.1f}" '
        f'height="{BAR_HEIGHT}" rx="2"/>'
    )


def _text(x: float, y: float, said: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}">{escape(said)}</text>'


def _description(results: Sequence[Result]) -> str:
    """What the picture shows, for those who cannot see it."""
    said = []
    for panel in PANELS:
        values = [
            f"{one.setting.chairs} chairs, {one.setting.policy}: "
            + panel.form.format(panel.value(one.measures))
            for one in results
        ]
        said.append(f"{panel.title} ({panel.note}): {'; '.join(values)}.")
    return " ".join(said)
