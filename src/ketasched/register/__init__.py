"""The clinic's book: every course, which chair each visit holds, and what was done when.

Doors: backup, joint_entry, records, register.
"""
