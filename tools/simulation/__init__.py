"""A year in a clinic, simulated: our register beside first come, first served. `make simulate`.

The same patients with the same fates go through both. Only `whole_courses` and `clerk` know
ketasched's register, only `nearest_day` knows the other one; `year`, `measures` and the plain SQL
of `stored_bookings` know neither.
"""
