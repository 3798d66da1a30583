"""Planning: the best course for a request, and the findings of the rules on a course.

`spacing_cost` has the costs of gaps, `availability` the candidates of days; `search` passes both
to the kernel in `shortest_path`, and `assemble` makes a course of the chosen slots. If nothing
fits, `infeasibility` has the reasons, `relaxations` the changes that would help, and `explain`
words for both. `left_out` says which visits could not be pencilled in, and when they could be;
`companions` dates what precedes or follows visits, `home_days` the treatments at home.
`check` asks the rules of a course, `record` its protocol and its own history; `misfits` has the
booked visits that a newer clinic's file leaves without a place.

Doors: assemble, availability, check, companions, explain, home_days, infeasibility, left_out,
misfits, planner, record, search, shortest_path, spacing_cost.
"""
