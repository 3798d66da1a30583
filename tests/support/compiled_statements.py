"""SQL statements that all tests compile once, not each command anew."""

from typing import Any

import sqlalchemy


class CompiledStatements(dict[tuple[Any, ...], Any]):
    """Statements that any engine has compiled: a dialect counts by its name.

    Each command opens the register anew, and would compile the same statements for a fifth of its
    time.
    """

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), compiled)


COMPILED = CompiledStatements()


def create_engine(*arguments: Any, **more: Any) -> sqlalchemy.Engine:
    """An engine that knows what others have compiled."""
    engine = sqlalchemy.create_engine(*arguments, **more)
    engine.update_execution_options(compiled_cache=COMPILED)
    return engine
