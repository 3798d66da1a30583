"""Many requests into many courses: rows stream through, in order, and none stops another.

Doors: changes, executors, fingerprints, folders, manifest, previous_run, records, routing, runner,
shared_calendars, worker.
"""
