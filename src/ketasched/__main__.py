"""`python -m ketasched` is the command `ketasched`."""

from ketasched.cli import main

main(prog_name="ketasched")
