"""How a server is set up: flags and environment, once, into one frozen value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..ledger.store.highwater import default_folder
from ..ledger.store.workers import Kind


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of `suxin serve`.

    Attributes:
        data: Data folder: keys, vault keys and, without `database`, the book itself.
        database: SQLAlchemy URL of PostgreSQL; None for SQLite in the data folder.
        origin: Origin of a new book; None for a random one. Ignored where a book exists.
        sandbox: Make a new book a sandbox.
        entries_public: Serve entry bodies to everybody.
        highwater: Folder of high-water marks, outside `data` and every backup.
        accept_size: Size that the operator vouches for when the mark is missing.
        workers: Threads or spawned processes for signature checks.
        worker_count: How many; None for one per core.
        public_url: What QR codes and links start with; None for the address of the request.
    """

    data: Path = field(default_factory=lambda: Path("suxin-data"))
    database: str | None = None
    origin: str | None = None
    sandbox: bool = False
    entries_public: bool = False
    highwater: Path = field(default_factory=lambda: default_folder(os.environ))
    accept_size: int | None = None
    workers: Kind = "threads"
    worker_count: int | None = None
    public_url: str | None = None

    @property
    def url(self) -> str:
        """Database URL of the book."""
        return self.database or f"sqlite:///{self.data / 'book.db'}"


def from_environment(environment: Mapping[str, str], **given: object) -> Settings:
    """Settings from `SUXIN_DATA`, `SUXIN_DATABASE_URL` and `SUXIN_HIGHWATER`; given values win, None means not given."""
    found: dict[str, object] = {}
    if environment.get("SUXIN_DATA"):
        found["data"] = Path(environment["SUXIN_DATA"])
    if environment.get("SUXIN_DATABASE_URL"):
        found["database"] = environment["SUXIN_DATABASE_URL"]
    found["highwater"] = default_folder(environment)
    found.update({name: value for name, value in given.items() if value is not None})
    return Settings(**found)  # type: ignore[arg-type]
