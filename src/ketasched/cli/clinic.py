"""`ketasched clinic`: begin a clinic file, or show the one in use."""

import json
import secrets
from pathlib import Path

import click

from ketasched.cli.options import clinic_option, find_clinic, machine_zone
from ketasched.files.atomic_write import write_folder
from ketasched.files.codec import plain
from ketasched.files.load import starter_clinic
from ketasched.model import WEEKDAYS, Clinic


@click.group("clinic")
def command() -> None:
    """Begin a clinic file, or show the one in use.

    \b
    ketasched clinic init
    """


@command.command("init")
@click.argument("path", metavar="[FILE]", default="clinic.toml", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that exists.")
def init(*, path: Path, force: bool) -> None:
    """Write a clinic file to edit (clinic.toml), with this machine's time zone.

    \b
    ketasched clinic init
    """
    if path.suffix != ".toml":
        raise click.UsageError(f"a clinic file is TOML: call it {path.stem or 'clinic'}.toml")
    text = starter_clinic(machine_zone(), secrets.token_hex(16))
    for written in write_folder(path.parent, {path.name: text.encode()}, force=force):
        click.echo(written)


@command.command("show")
@clinic_option()
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
)
def show(*, clinic_path: str | None, form: str | None) -> None:
    """Show the clinic in use: its file, zone, hours and closures.

    \b
    ketasched clinic show --clinic examples/clinic.toml
    """
    clinic, path = find_clinic(clinic_path)
    if form == "json":
        data = plain(clinic)
        if isinstance(data, dict):
            # The salt keeps identifiers from being guessed: it is not for a screen.
            data.pop("id_salt")
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(_page(clinic, path)))


def _page(clinic: Clinic, path: str) -> list[str]:
    rows = [("name", clinic.name), ("phone", clinic.phone), ("time zone", clinic.timezone)]
    for number, name in enumerate(WEEKDAYS):
        rows.append((name, ", ".join(map(str, clinic.hours.on(number))) or "closed"))
    rows += [("closed", dates.plain()) for dates in clinic.closures.dates]
    rows.append(("holidays", clinic.closures.holidays))
    for day, openings in sorted(clinic.closures.openings.items()):
        rows.append(("also open", f"{day} {', '.join(map(str, openings))}"))
    rows.append(("chairs", "not counted" if clinic.chairs is None else str(clinic.chairs)))
    rows.append(("starts", f"every {clinic.slot_minutes} minutes from each opening"))
    rows.append(("titles", clinic.titles))
    return [
        f"{path}",
        *(f"  {label:<10} {' '.join(said.split())}" for label, said in rows if said),
    ]
