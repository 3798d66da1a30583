"""In from and out to the disk.

A protocol, a clinic and a course are TOML or JSON files; `load` reads them, `codec` turns nouns
into plain data and back, and `atomic_write` replaces files safely. Rosters and busy calendars have
packages of their own: `roster` and `busy`.

Doors: atomic_write, clinic_warnings, codec, cross_references, csv_cells, load, request_fields,
toml_json.
"""
