"""`ketasched schema`: what editors need to complete and check our files."""

import click

from ketasched.files.load import READERS, schema_text


@click.command("schema")
@click.argument("kind", type=click.Choice([*READERS]))
def command(*, kind: str) -> None:
    """Print the JSON Schema of a kind of file, for your editor.

    With `#:schema ./clinic.schema.json` as its first line, a clinic.toml is completed and checked
    as you type.

    \b
    ketasched schema clinic >clinic.schema.json
    """
    click.echo(schema_text(kind), nl=False)
