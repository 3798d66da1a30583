"""Changes to the plain data of a file that leave it a file: deeper than changed bytes get."""

import json
from copy import deepcopy
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 6, 2**31, -(2**63), 10**40, 0.5, 1e308),
    *("", " ", "\0", "\ud800", "a" * 5000, "{{ 1 }}", "<b>", "\u202e", "../../etc"),
    *("24:00", "08:00-12:00", "12:00-08:00", "02:30", "23:59-24:00", "3d 10:00", "99999d 18:00"),
    *("2027-02-29", "0001-01-01", "9999-12-31", "2026-12-28..2027-01-01"),
    *("1900-01-01..9999-12-31", "America/New_York", "Africa/Casablanca", "Pacific/Apia", "UTC"),
    *("infusion", "booster", "clinic", "phone", "tentative", "Asia/Riyadh87"),
    *([], {}, [[]], [0], [14, 21, 28], {"choices": [2, 3]}, {"min": 1, "max": 10**6}),
)
"""Values for any place: the edges of each kind of value that files of ours hold."""

SIGNS = "0123456789-:.,;/ \n\t\"'äß\u0301😀"


def mutate(text: str, random: Random) -> str:
    """JSON of what this JSON holds, with a few places changed. Raises `ValueError`."""
    data = json.loads(text)
    for _ in range(random.randint(1, 4)):
        place = _place(data, random)
        if place is None:
            break
        holder, key = place
        _change(holder, key, random)
    return json.dumps(data, ensure_ascii=True)


def _place(data: Any, random: Random) -> tuple[Any, Any] | None:
    """A list or table anywhere in it, with one of its keys."""
    holder, key = None, None
    while isinstance(data, dict | list) and data:
        holder = data
        key = random.choice(list(data) if isinstance(data, dict) else range(len(data)))
        data = data[key]
        if random.random() < 0.2:
            break
    return None if holder is None else (holder, key)


def _change(holder: Any, key: Any, random: Random) -> None:
    what = random.randrange(5)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, list):
        holder.extend([deepcopy(holder[key])] * random.choice((1, 2, 400)))
    elif what == 1:
        holder[str(random.choice(ODD))[:40]] = holder[key]
    elif what == 2 and isinstance(holder[key], int):
        holder[key] += random.choice((-1, 1, 7, 10**3, 10**9))
    elif what == 3 and isinstance(holder[key], str):
        text = holder[key]
        at = random.randint(0, len(text))
        holder[key] = text[:at] + random.choice(SIGNS) + text[at + 1 :]
    else:
        holder[key] = deepcopy(random.choice(ODD))
