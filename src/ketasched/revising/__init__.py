"""A course after a change, and the alternatives if the change is refused.

`verbs` turns a change into drafts with an intent for each visit, `placement` gives a draft its
dates, `least_moves` finds those that move the fewest visits, and `revise` takes the best draft and
adds an entry to the history.

Doors: alternatives, backfill, change_report, history, intents, least_moves, placement, revise,
suggest, switch, verbs.
"""
