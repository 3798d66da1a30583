"""`ketasched protocols`: which there are, and what is in one."""

import click

from ketasched.cli import options
from ketasched.cli.output import print_as
from ketasched.files.load import load_protocol, protocol_text, shipped_protocols
from ketasched.render.columns import aligned
from ketasched.render.protocol_page import page_text


@click.group("protocols")
def command() -> None:
    """List the protocols, and what is in them.

    \b
    ketasched protocols show iv-depression
    """


@command.command("list")
@options.output_format()
def list_protocols(*, form: str | None) -> None:
    """List the protocols that come with the program.

    \b
    ketasched protocols list
    """
    protocols = [load_protocol(name) for name in shipped_protocols()]
    keys = ("id", "title", "route", "indication")
    data = [{key: getattr(protocol, key) for key in keys} for protocol in protocols]
    rows = [(one.id, f"{one.title}; {one.indication}") for one in protocols]
    print_as(form, data, aligned(rows))


@command.command("show")
@click.argument("protocol", metavar="ID|FILE", shell_complete=options.complete_protocol)
@options.output_format(
    ("text", "toml", "json"), "What to print (text); toml is the file itself, to copy and change."
)
def show_protocol(*, protocol: str, form: str | None) -> None:
    """Show a protocol; numbers marked * have no source and are for the clinic to replace.

    \b
    ketasched protocols show iv-depression
    ketasched protocols show iv-depression --format toml > mine.toml
    """
    found = load_protocol(protocol)
    if form == "toml":
        click.echo(protocol_text(protocol), nl=False)
    else:
        print_as(form, found, page_text(found).split("\n"))
