"""Reading and writing files.

A protocol, a clinic and a course are TOML or JSON files: `load` reads them, `codec` converts nouns
to plain data and back, `disk` looks at what is there before it opens or creates a file, and
`atomic_write` replaces files safely. `request_parsing` is the table of what a request may have,
`option_values` reads what other options say.
The packages `roster` and `busy` read rosters and calendars of busy times.

Doors: atomic_write, clinic_warnings, codec, column_mapping, countries, cross_references,
csv_cells, disk, load, option_values, request_parsing, toml_json, typed_dates, typed_text.
"""
