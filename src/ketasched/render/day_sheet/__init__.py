"""The clinic's day sheet: who comes when, on which chair, with which driver.

Doors: day_visit, forms, sheet, week.
"""
