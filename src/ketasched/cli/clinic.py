"""`ketasched clinic`: begin a clinic file, or show the one in use."""

from dataclasses import fields
from pathlib import Path

import click

from ketasched.cli import options
from ketasched.cli.output import note_done, print_as
from ketasched.errors import BadRequest
from ketasched.files.atomic_write import write_files
from ketasched.files.countries import customs_of
from ketasched.files.load import starter_clinic
from ketasched.model import quote
from ketasched.render.clinic_page import clinic_rows


@click.group("clinic")
def command() -> None:
    """Begin a clinic file, or show the one in use.

    \b
    ketasched clinic init
    """


@command.command("init")
@click.argument("path", metavar="[FILE]", default="clinic.toml", type=click.Path(path_type=Path))
@options.text("--country", "CODE", "Whose clock, dates and emergency number: US (the zone's).")
@options.flag("--force", "Write over a file that exists.")
def init(*, path: Path, country: str, force: bool) -> None:
    """Write a clinic file to edit (clinic.toml), with this machine's time zone.

    The file says how people there read the time and dates: `9:00 AM` and `Mon, Dec 7` in the US.

    \b
    ketasched clinic init
    ketasched clinic init riverbend.toml --country US
    """
    if path.suffix != ".toml":
        raise click.UsageError(f"a clinic file is TOML: call it {path.stem or 'clinic'}.toml")
    code = country.strip().upper()
    if code and customs_of(code) is None:
        said = f"expected the code of a country, of two letters, not {quote(country)}"
        raise BadRequest("country", said, next_step="--country US\n--country GB")
    text = starter_clinic(options.machine_zone(), options.new_salt(), code)
    written = write_files(path.parent, {path.name: text.encode()}, force=force)
    note_done("the file is written")
    for one in written:
        click.echo(one)


@command.command("show")
@options.clinic()
@options.output_format()
def show(*, clinic_path: str | None, form: str | None) -> None:
    """Show the clinic in use: its file, zone, hours and closures.

    \b
    ketasched clinic show --clinic examples/clinic.toml
    """
    clinic, path = options.find_clinic(clinic_path)
    names = [field.name for field in fields(clinic)]
    names.remove("id_salt")  # it keeps identifiers from being guessed: not for a screen
    rows = (
        f"  {label:<10} {' '.join(said.split())}" for label, said in clinic_rows(clinic) if said
    )
    print_as(form, {name: getattr(clinic, name) for name in names}, (path, *rows))
