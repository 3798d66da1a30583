"""The call list of a rescheduling: whom to call, from when to when, and which drivers to tell.

Doors: calls, forms.
"""
