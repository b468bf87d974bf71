"""Fact tables that were made, kept as files in the data folder. Derived: everything here can be made again from the book."""

from __future__ import annotations

import re
import secrets
import shutil
from pathlib import Path
from typing import Final

import orjson

from ..courier.factfile import Facts, facts_value, parse_facts
from ..courier.table import FactTable
from ..ledger.store.files import make_folder

_ROOT: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_NAME: Final = re.compile(r"(?:index|standing|20[0-9]{2}-(?:0[1-9]|1[0-2]))\Z")
_FACTS: Final = "facts.json"


class Shelf:
    """Fact tables by their root, a folder each: a file for the index, for each section, and the facts they add up to.

    Args:
        folder: Where they are; made when the first is put there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, table: FactTable, facts: Facts) -> None:
        """Keep a table; one that is there already stays as it is.

        Raises:
            OSError: It could not be written; nothing of it is there.
        """
        place = self._folder / table.root
        if place.is_dir():
            return
        make_folder(self._folder)
        draft = self._folder / f".{secrets.token_hex(8)}"
        draft.mkdir(mode=0o700)
        try:
            for name, lines in {"index": table.index, **table.sections}.items():
                (draft / f"{name}.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))
            (draft / _FACTS).write_bytes(orjson.dumps(facts_value(facts)))
            draft.rename(place)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            if not place.is_dir():  # somebody else may have put it there in the meantime
                raise

    def facts(self, root: str) -> Facts | None:
        """The facts that a table adds up to, or None where it is not here."""
        raw = self._read(root, _FACTS)
        return None if raw is None else parse_facts(raw)

    def file(self, root: str, name: str) -> bytes | None:
        """Lines of a table's index or of one section, each with its line feed; None where they are not here."""
        return self._read(root, f"{name}.ndjson") if _NAME.match(name) else None

    def sections(self, root: str) -> tuple[str, ...]:
        """Names of a table's sections, in order."""
        if not _ROOT.match(root):
            return ()
        return tuple(sorted(file.stem for file in (self._folder / root).glob("*.ndjson") if file.stem != "index"))

    def _read(self, root: str, name: str) -> bytes | None:
        if not _ROOT.match(root):
            return None
        try:
            return (self._folder / root / name).read_bytes()
        except FileNotFoundError:
            return None
