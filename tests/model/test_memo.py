"""Results that are cached by the identity of the arguments."""

from dataclasses import replace

from ketasched.model import memo
from ketasched.model.memo import clear_memos, memoised, memoised_by_item
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


def test_a_result_of_an_owner_is_found_by_an_equal_item_and_by_no_equal_owner():
    made = memoised_by_item(lambda owner, item: [owner, item])
    one, equal = clinic(), clinic()
    assert made(one, (1, 2)) is made(one, (1, 2))
    assert made(equal, (1, 2)) is not made(one, (1, 2))


def test_the_results_that_many_owners_keep_are_limited_for_all_of_them():
    made, owners = memoised_by_item(lambda owner, item: [item]), [clinic() for _ in range(8)]
    each = memo.MAX_ITEM_RESULTS // len(owners)
    first, *_, last = [made(owner, item) for owner in owners for item in range(each)]
    assert made(owners[0], 0) is first
    made(owners[0], each)
    assert made(owners[-1], each - 1) is not last


def test_a_cleared_result_is_computed_again():
    made, noun = memoised(lambda noun: [noun]), clinic()
    first = made(noun)
    clear_memos()
    assert made(noun) == first
    assert made(noun) is not first
    assert made(noun) is made(noun)
