"""From a request to the best course that keeps every rule, and from a course to findings.

`cadence` says what a gap costs, `availability` which slots a day has; `search` gives both to the
kernel in `shortest_path`; `assemble` turns the chosen slots into a course.

Doors: assemble, availability, cadence, check, explain, infeasibility, planner, search,
shortest_path.
"""
