"""What is wrong with the rows of a roster, without planning any of them."""

from collections.abc import Iterable, Iterator

from ketasched.batch.desks import Desks
from ketasched.batch.sorter import Sorter
from ketasched.columns import DateOrder
from ketasched.errors import BadRequest
from ketasched.handout import refuse_telling
from ketasched.pace import runs_of
from ketasched.roster import Row, request_of_row


def problems(
    rows: Iterable[Row], desks: Desks, order: DateOrder
) -> Iterator[tuple[Row, BadRequest | None]]:
    """Each row with what `batch` would reject it for before it looks for dates, or None."""
    sorter = Sorter(desks, counts_chairs=False)
    for row in rows:
        try:
            desk = sorter.desk_of(row)
            request = request_of_row(row, order)
            refuse_telling(desk.clinic, request)
            runs_of(desk.protocol, desk.clinic, request)
        except BadRequest as error:
            yield row, error
        else:
            yield row, None
