"""Results that are cached by the identity of the arguments."""

from dataclasses import replace

from ketasched.model import memo
from ketasched.model.memo import clear_memos, memoised
from tests.support.nouns import clinic


def test_a_result_is_computed_once_for_each_argument():
    asked = []

    @memoised
    def name_of(noun, *, loud=False):
        asked.append(noun)
        return noun.name.upper() if loud else noun.name

    one, equal, other = clinic(name="a"), clinic(name="a"), clinic(name="b")
    assert [name_of(noun) for noun in (one, other, one, equal, other)] == ["a", "b", "a", "a", "b"]
    assert asked == [one, other, equal]
    assert name_of(one, loud=True) == "A"


def test_an_argument_that_is_gone_is_not_taken_for_another_one():
    name_of = memoised(lambda noun: noun.name)
    for number in range(1000):
        assert name_of(replace(clinic(), name=str(number))) == str(number)


def test_only_the_most_recent_results_are_kept():
    made = memoised(lambda noun: [noun])
    nouns = [clinic() for _ in range(memo.MAX_RESULTS + 1)]
    first, last = [made(noun) for noun in nouns][:: memo.MAX_RESULTS]
    assert made(nouns[-1]) is last
    assert made(nouns[0]) is not first


def test_a_cleared_result_is_computed_again():
    made, noun = memoised(lambda noun: [noun]), clinic()
    first = made(noun)
    clear_memos()
    assert made(noun) == first
    assert made(noun) is not first
    assert made(noun) is made(noun)
