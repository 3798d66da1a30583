"""Compiles the catalogues of the languages when the package is built or installed."""

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledCatalogues(BuildHookInterface):
    """A `.mo` file beside each `.po` file, also for an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write them before the files of the package are collected."""
        sys.path.insert(0, self.root)
        from tools.catalogue_files import compile_all  # noqa: PLC0415 - our folder is known now

        list(compile_all(self.root))
