"""`docs/cli.md`: every command's `--help`, the exit codes and the environment."""

from collections.abc import Iterator

import click
from tests.support.transcript import run

from ketasched.cli import main
from ketasched.cli.output import ENVIRONMENT, EXIT_CODES
from tools.documents.tables import MADE, block, table

HEAD = f"""# Commands

{MADE}

Data goes to standard output, everything else to standard error. An error says what is wrong,
where, and what to try.
"""

COMPLETION = """## Completion

Commands, options, verbs, the names of protocols, and files, with the Tab key.

- bash: `eval "$(_KETASCHED_COMPLETE=bash_source ketasched)"` in `~/.bashrc`
- zsh: `eval "$(_KETASCHED_COMPLETE=zsh_source ketasched)"` in `~/.zshrc`, after `compinit`
- fish: `_KETASCHED_COMPLETE=fish_source ketasched | source` in `~/.config/fish/config.fish`

`_KETASCHED_COMPLETE=bash_source ketasched >ketasched.bash` makes a file to read instead, which
starts the shell sooner.
"""


def page() -> str:
    """The whole page."""
    codes = [(str(code), said) for code, said in sorted(EXIT_CODES.items())]
    names = [(f"`{name}`", said) for name, said in ENVIRONMENT.items()]
    parts = [
        HEAD,
        f"## Exit codes\n\n{table(('code', 'meaning'), codes)}",
        f"## Environment\n\n{table(('variable', 'meaning'), names)}",
        COMPLETION,
    ]
    parts += [f"## {path}\n\n{block(help_of(path))}" for path, _ in commands()]
    return "\n".join(parts)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, groups before what is in them."""
    yield from _below("ketasched", main)


def _below(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            _, inner, _ = command.resolve_command(context, [name])
            assert inner is not None
            yield from _below(f"{path} {name}", inner)


def help_of(path: str) -> str:
    """What `--help` prints."""
    return run(f"{path} --help".removeprefix("ketasched "))


def examples_of(path: str) -> list[str]:
    """The examples of a command: the lines of its help that could be typed."""
    lines = (dict(commands())[path].help or "").splitlines()
    return [line.strip() for line in lines if line.strip().startswith("ketasched ")]
