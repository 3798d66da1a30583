"""A course after a change, and what else would do if the change is impossible.

A change (`verbs`) becomes an intent for each visit; `least_moves` keeps the rules with the fewest
moved visits; `revise` adds the entry to the history.

Doors: alternatives, history, revise, suggest, validation.
"""
