"""What commands print of changes of several courses."""

from collections.abc import Sequence

from ketasched.cli.output import in_local_style, print_as
from ketasched.model import Course
from ketasched.revising.change_report import change_data, change_lines


def print_revisions(form: str | None, revisions: Sequence[tuple[Course, Course]]) -> None:
    """Print each change of several courses; as text only the line that sums it up."""
    lines = (next(change_lines(*pair)) for pair in revisions)
    print_as(form, [change_data(*pair) for pair in revisions], map(in_local_style, lines))
