"""The number of visits and the pace: values that a file writes as a number, a list or a table.

Each class has `read`, `plain` and `SCHEMA`, as the classes in `values` have.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from ketasched.model.values import Plain, Schema, quote


def _number(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _table_of(**keys: Schema) -> Schema:
    return {
        "type": "object",
        "required": [*keys],
        "additionalProperties": False,
        "properties": keys,
    }


def _list_of(member: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": member}


def _choice_of(member: Schema) -> Schema:
    return _table_of(default=member, choices=_list_of(member))


def _whole(value: object, low: int, high: int) -> int:
    """The whole number `value`; raises `ValueError` if it is not from `low` to `high`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"expected a whole number, not {quote(value)}")
    if not low <= value <= high:
        raise ValueError(f"expected {low} to {high}, not {quote(value)}")
    return value


def _table(value: object, *keys: str) -> list[object]:
    """The values of a table under `keys`, None for a missing key; `ValueError` for other keys."""
    if not isinstance(value, dict) or not set(value) <= set(keys):
        raise ValueError(f"expected a whole number or {{ {', '.join(keys)} }}, not {quote(value)}")
    return [value.get(key) for key in keys]


@dataclass(frozen=True, slots=True)
class Count:
    """How many visits a phase has: `default`, and at most `max` if the request asks for more."""

    SCHEMA: ClassVar[Schema] = {
        "description": "6 or { default = 0, max = 12 }",
        "anyOf": [_number(1, 200), _table_of(default=_number(0, 200), max=_number(1, 200))],
    }

    default: int
    max: int

    @classmethod
    def read(cls, value: object) -> Self:
        """From 6 or { default = 0, max = 12 }; a phase has at most 200 visits."""
        if not isinstance(value, dict):
            number = _whole(value, 1, 200)
            return cls(number, number)
        default, most = _table(value, "default", "max")
        found = cls(_whole(default, 0, 200), _whole(most, 1, 200))
        if found.max < found.default:
            raise ValueError(f"default {found.default} is more than max {found.max}")
        return found

    def plain(self) -> Plain:
        """Back to the number or the table."""
        if self.default == self.max:
            return self.default
        return {"default": self.default, "max": self.max}


@dataclass(frozen=True, slots=True)
class PerWeek:
    """A pace in visits a week: `default`, and the `choices` of a request."""

    SCHEMA: ClassVar[Schema] = {
        "description": "3 or { default = 3, choices = [2, 3] }",
        "anyOf": [_number(1, 7), _choice_of(_number(1, 7))],
    }

    default: int
    choices: tuple[int, ...]

    @classmethod
    def read(cls, value: object) -> Self:
        """From 3 or { default = 3, choices = [2, 3] }."""
        return cls(*_default_and_choices(value, 7))

    def plain(self) -> Plain:
        """Back to the number or the table."""
        return _choice_plain(self.default, self.choices)


@dataclass(frozen=True, slots=True)
class EveryDays:
    """A pace in days from visit to visit: `steps`, the last of which repeats.

    `choices` are what a request may ask for instead, as a single repeated step.
    """

    SCHEMA: ClassVar[Schema] = {
        "description": "14, [14, 21, 28] or { default = 14, choices = [7, 14] }",
        "anyOf": [_number(1, 366), _list_of(_number(1, 366)), _choice_of(_number(1, 366))],
    }

    steps: tuple[int, ...]
    choices: tuple[int, ...]

    @classmethod
    def read(cls, value: object) -> Self:
        """From 14, [14, 21, 28] or { default = 14, choices = [7, 14] }."""
        if isinstance(value, list):
            if not value:
                raise ValueError("expected at least one number of days")
            steps = tuple(_whole(step, 1, 366) for step in value)
            return cls(steps, steps if len(steps) == 1 else ())
        default, choices = _default_and_choices(value, 366)
        return cls((default,), choices)

    def plain(self) -> Plain:
        """Back to the number, the list or the table."""
        if len(self.steps) > 1:
            return list(self.steps)
        return _choice_plain(self.steps[0], self.choices)


def _default_and_choices(value: object, most: int) -> tuple[int, tuple[int, ...]]:
    """A pace from a number or a table; raises `ValueError`."""
    if not isinstance(value, dict):
        number = _whole(value, 1, most)
        return number, (number,)
    default, choices = _table(value, "default", "choices")
    if not isinstance(choices, list):
        raise ValueError(f"expected choices such as [2, 3], not {quote(choices)}")
    usual, allowed = _whole(default, 1, most), tuple(_whole(one, 1, most) for one in choices)
    if usual not in allowed:
        raise ValueError(f"default {usual} is not among the choices {choices}")
    return usual, allowed


def _choice_plain(default: int, choices: tuple[int, ...]) -> Plain:
    if choices in ((default,), ()):
        return default
    return {"default": default, "choices": list(choices)}
