"""How a server is set up: flags and environment, once, into one frozen value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..ledger.errors import VerificationError
from ..ledger.note import COSIGNATURE_TYPE, VerifierKey, parse_vkey
from ..ledger.store.highwater import default_folder
from ..ledger.store.workers import Kind


@dataclass(frozen=True, slots=True)
class WitnessAt:
    """A witness to ask.

    Attributes:
        url: Its submission prefix, without a slash at the end.
        key: Its key; only what it signs is kept.
        full: It works through every entry before it cosigns; the operator's word, a reader believes his policy.
    """

    url: str
    key: VerifierKey
    full: bool = False

    @property
    def kind(self) -> str:
        """How it is named: `plain` or `full`."""
        return "full" if self.full else "plain"


def parse_witness(text: str, full: bool = False) -> WitnessAt:
    """Read `URL=vkey` of a plain or a full witness.

    Raises:
        VerificationError: `vkey-malformed` or `vkey-unsupported`; also for an address that is not one.
    """
    url, _, vkey = text.partition("=")
    if not url.startswith(("http://", "https://")):
        raise VerificationError("vkey-malformed", "a witness is given as URL=vkey, the URL with http:// or https://")
    key = parse_vkey(vkey)
    if key.type != COSIGNATURE_TYPE:
        raise VerificationError("vkey-unsupported", f"{key.name}: not the key of a witness")
    return WitnessAt(url.rstrip("/"), key, full)


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
        witnesses: Asked to cosign each checkpoint; no reply waits for them.
        publish: Publish ratings once a day, and enter clocks that have run out, with the operator's key.
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
    witnesses: tuple[WitnessAt, ...] = ()
    publish: bool = False

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
