"""What is worked out once for nouns that many courses share."""

from dataclasses import replace

from ketasched import once as module
from ketasched.once import forget, once

from .nouns import clinic


def test_it_is_worked_out_once_for_each_noun():
    asked = []

    @once
    def name_of(noun, *, loud=False):
        asked.append(noun)
        return noun.name.upper() if loud else noun.name

    one, equal, other = clinic(name="a"), clinic(name="a"), clinic(name="b")
    assert [name_of(noun) for noun in (one, other, one, equal, other)] == ["a", "b", "a", "a", "b"]
    assert asked == [one, other, equal]
    assert name_of(one, loud=True) == "A"


def test_a_noun_that_is_gone_is_not_taken_for_another_one():
    name_of = once(lambda noun: noun.name)
    for number in range(1000):
        assert name_of(replace(clinic(), name=str(number))) == str(number)


def test_it_keeps_only_so_many():
    made = once(lambda noun: [noun])
    nouns = [clinic() for _ in range(module.MOST + 1)]
    first, last = [made(noun) for noun in nouns][:: module.MOST]
    assert made(nouns[-1]) is last
    assert made(nouns[0]) is not first


def test_what_is_forgotten_is_worked_out_anew():
    made, noun = once(lambda noun: [noun]), clinic()
    first = made(noun)
    forget()
    assert made(noun) == first
    assert made(noun) is not first
    assert made(noun) is made(noun)
