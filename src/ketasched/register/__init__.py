"""The register: a clinic's courses in an SQL database, SQLite or PostgreSQL.

The register stores every course, the chair of each booked visit and a log of all changes.

Doors: address, backup, clinic_now, course_lookup, feeds, imports, joint_entry, opening, records,
register.
"""
