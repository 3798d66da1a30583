"""How what people read is written: sentences, dates and clock times by language and country.

The room imports no other one: which locale a reader has is decided outside.

Doors: catalogue, known, locale, restyle.
"""
