"""The work behind `suxin erase`: find the entry, say what is about to happen, have the operator say it, keep the certificate.

Source: docs/formats/erasure.md; docs/operations.md, Erasure.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import orjson

from ..client.signer import MemoryCounter, Signer
from ..client.statement import Draft, Signed
from ..ledger.canonical import JsonValue
from ..ledger.certificate import CERTIFICATE_BYTES_MAX, verify_certificate
from ..ledger.encoding import b64u, unb64u
from ..ledger.entry import Entry, read_entry
from ..ledger.errors import LedgerError, Refused, StoreError, VerificationError
from ..ledger.hashing import leaf_hash
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.keys import SigningKey
from ..ledger.leaf import decode_genesis
from ..ledger.moment import moment_text
from ..ledger.store.book import Book
from ..ledger.store.files import replace_file
from ..ledger.store.folder_lock import InUse
from ..ledger.store.lock import Taken
from ..ledger.store.scrub import sweep
from ..ledger.store.vault_keys import VaultKeys
from .erasing import kept_until, named
from .erasures import certificate_of
from .keyring import load_key
from .outcome import fail
from .service import Service, wall_clock
from .settings import Settings
from .submission import parse_event
from .trust import read_policy_file

HTTP_S: Final = 90.0  # for the epoch, and a long read that holds on to the database's log
TRIES: Final = 3  # the server signs with the same key: its number may be taken by the time ours arrives


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator asks for.

    Attributes:
        what: Index of an entry, or hash of its statement.
        ground: `law`, `request` or `term`.
        basis: The rule, or None.
        until: Day until which it is to be sealed, or None.
        withhold: Whether bundles leave out the entry itself.
    """

    what: str
    ground: str
    basis: str | None = None
    until: str | None = None
    withhold: bool = False

    def body(self, index: int, leaf: bytes) -> dict[str, JsonValue]:
        """Body of the `erasure`."""
        body: dict[str, JsonValue] = {"ground": self.ground}
        body |= {name: text for name, text in (("basis", self.basis), ("until", self.until)) if text is not None}
        return body | ({"index": index, "leaf": b64u(leaf_hash(leaf))} if self.withhold else {})


def find(book: Book, what: str) -> tuple[Entry, bytes]:
    """The entry, and its leaf.

    Raises:
        StoreError: There is none.
    """
    size = book.head().size
    index = int(what) if what.isascii() and what.isdigit() else _by_hash(book, what)
    if index is None or not 0 < index < size:
        raise StoreError(f"no entry {what} in this book; name its index, or its statement's hash of 43 characters")
    leaf = book.leaf(index)
    try:
        return read_entry(index, leaf), leaf
    except VerificationError as error:
        raise StoreError(f"the leaf {index} is no entry") from error


def _by_hash(book: Book, what: str) -> int | None:
    try:
        return book.by_statement(unb64u(what, 32))
    except VerificationError:
        return None


def there_is_a_book(settings: Settings) -> None:
    """Make sure that an erasure does not begin a book.

    Raises:
        StoreError: There is none.
    """
    Book.open(settings.url).close()


def is_bare(entry: Entry, asked: Asked) -> bool:
    """Whether nothing personal stands beside an entry, and the entry itself is to be left as it is."""
    return not named(entry.statement) and not asked.withhold


def run_dry(settings: Settings, asked: Asked, as_json: bool) -> int:
    """Say what would happen; a server may run meanwhile. Shows no value."""
    with ExitStack() as stack:
        book = stack.enter_context(Book.open(settings.url))
        entry, _ = find(book, asked.what)
        path, held = settings.data / "keys" / "vault.keys", list[str]()
        if path.exists():  # to look must not make one
            keys = stack.enter_context(closing(VaultKeys(path)))
            held = [one.pointer for one in keys.values(entry.statement.hash)]
        until = asked.until or ("" if asked.ground == "law" else kept_until(book, entry, wall_clock()))
    would = "nothing" if is_bare(entry, asked) else "seal" if until else "erase"
    found = {
        "index": entry.index, "statement": entry.name, "type": entry.statement.type, "values": held,
        "committed": named(entry.statement), "would": would, "until": until if would == "seal" else None,
    }  # fmt: skip
    if as_json:
        _say(orjson.dumps(found).decode())
        return 0
    _say(f"entry {entry.index}, of type {entry.statement.type}, statement {entry.name}")
    _say(f"values that are kept: {', '.join(held) or 'none'}")
    ends = {"seal": f"would be sealed until {until}, and erased then: a legal term runs", "erase": "would be erased now"}
    _say(ends.get(would, "there is nothing to erase beside it; --withhold leaves the entry itself out of bundles"))
    _say("nothing was changed (--dry-run)")
    return 0


def run_erase(settings: Settings, asked: Asked, url: str | None, out: Path | None, as_json: bool) -> int:
    """Erase or seal, and keep the certificate."""
    if out is not None and out.exists():
        raise StoreError(f"{out} exists; a certificate is written to a new file")
    there_is_a_book(settings)
    root = load_key(settings.data / "keys" / "root.key")
    if url is None:
        with _without_a_server(settings) as service:
            found = _beside(service, root, asked)
    else:
        with Book.open(settings.url) as book:
            found = _through(book, root, asked, url)
    raw = orjson.dumps(found)
    if out is not None:
        replace_file(out, raw + b"\n", 0o644)
    if as_json:
        _say(raw.decode())
        return 0
    _say(_told(found["certificate"]))
    _say(f"certificate in {out}" if out is not None else "no certificate was kept; --out FILE writes one")
    return 0


@contextmanager
def _without_a_server(settings: Settings) -> Iterator[Service]:
    """The book opened for writing, as nobody else may have it."""
    try:
        service = Service(settings)
    except (InUse, Taken) as error:
        raise StoreError(f"{error}. Where that is its server, --url names it") from error
    with closing(service):
        yield service


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _told(note: str) -> str:
    lines = dict(line.split(" ", 1) for line in note.split("\n\n")[0].splitlines()[1:])
    return f"{lines['values']} of {lines['of']}: {lines['outcome']}\nby the erasure {lines['by']}"


def _sign(book: Book, root: SigningKey, asked: Asked) -> Signed:
    entry, leaf = find(book, asked.what)
    if is_bare(entry, asked):
        raise StoreError(f"entry {entry.index}, of type {entry.statement.type}, has nothing beside it: there is nothing to erase")
    origin = decode_genesis(book.leaf(0)).book
    signer = Signer(root, ROOT_ACTOR, origin, MemoryCounter(book.last_counter(root.key_id)), wall_clock)
    at = moment_text(wall_clock())
    return signer.sign(Draft("erasure", at, body=asked.body(entry.index, leaf), ref=entry.statement))


def _beside(service: Service, root: SigningKey, asked: Asked) -> dict[str, Any]:
    signed = _sign(service.book, root, asked)
    (outcome,) = asyncio.run(service.write(parse_event(signed.line())))
    if isinstance(outcome, Refused):
        raise outcome
    return certificate_of(service, signed.hash)


def _through(book: Book, root: SigningKey, asked: Asked, url: str) -> dict[str, Any]:
    """Post it to the server that writes this book.

    Raises:
        StoreError: It does not answer, or refuses.
    """
    for _ in range(TRIES):
        signed = _sign(book, root, asked)
        try:
            answer = httpx.post(
                f"{url.rstrip('/')}/v1/erasures",
                content=signed.line(),
                headers={"content-type": "application/json"},
                timeout=HTTP_S,
            )
            found = orjson.loads(answer.content)
        except (httpx.HTTPError, httpx.InvalidURL, orjson.JSONDecodeError) as error:
            raise StoreError(f"{url} does not answer as a book does: {error}") from error
        if answer.status_code in (200, 201):
            return dict(found)
        if found.get("type") != "/problems/counter-used":
            break
    raise StoreError(f"{url} refused it: {found.get('title')} {found.get('detail')}")


def run_due(settings: Settings, as_json: bool) -> int:
    """Erase what is due, as a server does by itself."""
    there_is_a_book(settings)
    with _without_a_server(settings) as service:
        count = service.eraser.tick()
    _say(orjson.dumps({"erased": count}).decode() if as_json else f"{count} statements had values that were due")
    return 0


def run_sweep(settings: Settings, as_json: bool) -> int:
    """Write the vault's table anew."""
    there_is_a_book(settings)
    sweep(settings.url)
    _say(
        orjson.dumps({"swept": True}).decode()
        if as_json
        else "the vault's table was written anew; no file of it has an erased row"
    )
    return 0


def check_file(path: Path, policy: Path | None, as_json: bool) -> int:
    """Check a certificate: 0 holds, 1 does not, 2 could not be checked."""
    try:
        if policy is None:
            raise StoreError("a certificate is checked against a policy that you trust: --policy FILE")
        trusted = read_policy_file(policy)
        with path.open("rb") as file:
            raw = file.read(CERTIFICATE_BYTES_MAX + 1)
    except (LedgerError, OSError) as error:
        return fail(error, as_json)
    faults = []
    for origin in dict.fromkeys(log.key.name for log in trusted.logs):
        try:
            found = verify_certificate(raw, origin, tuple(log.key for log in trusted.logs if log.key.name == origin))
        except VerificationError as error:
            faults.append(error)
            continue
        state = f"sealed until {found.until}" if found.until else "erased"
        value = {
            "verdict": "holds",
            "outcome": found.outcome,
            "until": found.until or None,
            "of": found.of,
            "by": found.by,
            "at": found.at,
        }
        shown = f"holds: by the word of {origin}, {' '.join(found.values) or 'nothing'} of the {found.kind} {found.of} is {state}"
        _say(orjson.dumps(value).decode() if as_json else shown)
        return 0
    unknown = all(error.code == "note-unsigned" for error in faults)
    first = next((error for error in faults if error.code != "note-unsigned"), faults[0]) if faults else None
    code = "log-unknown" if first is None or unknown else first.code
    verdict = {"verdict": "open" if unknown else "fails", "code": code, "first": {"code": code}}
    _say(orjson.dumps(verdict).decode() if as_json else f"{'not checked' if unknown else 'does not hold'}: {code}")
    return 2 if unknown else 1
