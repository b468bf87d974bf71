"""`suxin witness`: cosigns checkpoints of logs that it knows and that only grow, a full one only what it found right.

Speaks C2SP tlog-witness and nothing else.

Its folder holds its own key, its name and what it has cosigned; it shares nothing with the book it watches. A backup of
that folder must not be put back: the witness would cosign again what it has cosigned otherwise since.
Source: c2sp.org/tlog-witness, docs/formats/witness.md.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from .. import __version__
from ..ledger.cosignature import witness_key
from ..ledger.errors import Refused, StoreError, VerificationError
from ..ledger.keys import SigningKey
from ..ledger.note import COSIGNATURE_TYPE, ED25519_TYPE, VerifierKey, format_signature_lines, format_vkey, parse_vkey
from ..ledger.policy import parse_policy
from ..ledger.store.files import replace_file
from ..ledger.store.lock import FolderLock
from ..ledger.store.witness_book import WitnessBook, origin_hash
from ..ledger.witness import REQUEST_BYTES_MAX, SIZE_TYPE, Cosigned, Declined, LogKeys, Why, decide, parse_ask
from .body import read_body
from .keyring import load_key, make_key
from .listening import CONNECTIONS_MAX, KEEP_ALIVE_S, STOP_S, address_of, bind, log_to_stderr
from .watch import RETRY_S, Watch

log = structlog.get_logger("suxin")

BOOK: Final = "witness.db"
BOOKS: Final = "books"  # mirrors of a full witness
FULL: Final = "full"  # marks the folder of a full witness

STATUS: Final = {
    Why.MALFORMED: 400,
    Why.UNKNOWN_LOG: 404,
    Why.UNSIGNED: 403,
    Why.OLD_ABOVE_SIZE: 400,
    Why.STALE: 409,
    Why.OTHER_ROOT: 422,
    Why.NOT_CONSISTENT: 422,
    Why.WRONG: 422,
    Why.BEHIND: 503,
}


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness.

    Attributes:
        name: Name of its key.
        key: Its key, used for nothing else.
        logs: Logs it knows.
        book: What it has cosigned.
        clock: Unix seconds.
        watches: Of a full witness, by origin, what follows each log; empty for a plain one.
    """

    name: str
    key: SigningKey
    logs: LogKeys
    book: WitnessBook
    clock: Callable[[], int]
    watches: Mapping[str, Watch] = field(default_factory=dict)

    @property
    def vkey(self) -> str:
        """Its verifier key, for policies."""
        return format_vkey(witness_key(self.name, self.key.public))

    def add_checkpoint(self, raw: bytes) -> Cosigned | Declined:
        """Decide on one request; a cosignature that comes back is on the disk.

        Raises:
            StoreError: Nothing may be answered but a failure.
        """
        try:
            ask = parse_ask(raw)
        except VerificationError as error:
            return Declined(Why.MALFORMED, error.detail)
        if ask.origin not in self.logs:  # before the write lock: strangers must not hold it
            return Declined(Why.UNKNOWN_LOG, "this witness does not know a log of that origin")
        now = self.clock()
        watch = self.watches.get(ask.origin)
        if watch is None:
            return self.book.update(ask.origin, lambda seen: decide(ask, seen, self.logs, self.name, self.key, now), now)
        # Work through the entries before the write lock, and only for what a plain witness would cosign.
        found = decide(ask, self.book.seen(ask.origin), self.logs, self.name, self.key, now)
        if isinstance(found, Cosigned):
            watch.reach(ask.note, found.seen.size)
            now = self.clock()
        return self.book.update(ask.origin, lambda seen: decide(ask, seen, self.logs, self.name, self.key, now, watch.judge), now)


def create_witness_app(witness: Witness) -> FastAPI:
    """The two calls of a witness; the caller closes its book."""
    app = FastAPI(title="Suxin witness", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        try:
            raw = await read_body(request, REQUEST_BYTES_MAX)
        except Refused as refused:
            return _plain(refused.cause, 413 if refused.code == "body-too-large" else 400)
        try:
            decision = await asyncio.to_thread(witness.add_checkpoint, raw)
        except StoreError as error:
            log.error("witness", words=str(error))
            return _plain("the witness cannot write to its memory; nothing was cosigned", 503)
        if isinstance(decision, Cosigned):
            return Response(format_signature_lines(decision.lines.signatures), media_type="text/plain; charset=utf-8")
        if decision.note:
            log.warning("refused", why=decision.why.value, words=decision.words, note=decision.note)
        if decision.why is Why.STALE:
            # Set by hand: a framework adds a charset to every text type, and the protocol names this one without.
            return Response(f"{decision.size}\n", STATUS[decision.why], {"content-type": SIZE_TYPE})
        answer = _plain(decision.words, STATUS[decision.why])
        if decision.why is Why.BEHIND:
            answer.headers["retry-after"] = str(RETRY_S)
        return answer

    @app.get("/{origin_hash}/checkpoint")
    def get_checkpoint(origin_hash: str) -> Response:
        note = witness.book.note_of(origin_hash)
        if note is None:
            return _plain("this witness has cosigned nothing of such a log", 404)
        return PlainTextResponse(note, headers={"cache-control": "no-cache"})

    return app


def _plain(words: str, status: int) -> Response:
    return PlainTextResponse(f"{words}\n", status)


def known_logs(vkeys: Sequence[str], policy: Path | None) -> dict[str, list[VerifierKey]]:
    """Logs by origin, from verifier keys and from the logs of a policy file; a log may have several keys.

    Raises:
        VerificationError: A key or the policy is not well-formed.
        StoreError: The policy cannot be read, or there is no log at all.
    """
    keys = [parse_vkey(text) for text in vkeys]
    if policy is not None:
        try:
            keys += [known.key for known in parse_policy(policy.read_bytes()).logs]
        except OSError as error:
            raise StoreError(f"the policy {policy} cannot be read: {error.strerror}") from error
    found: dict[str, list[VerifierKey]] = {}
    for key in keys:
        if key.type != ED25519_TYPE:
            raise VerificationError("vkey-unsupported", f"{key.name}: not a key that signs a log")
        if key not in found.setdefault(key.name, []):
            found[key.name].append(key)
    if not found:
        raise StoreError("a witness watches the logs it is told of: give --log VKEY or --policy FILE")
    return found


def identity(folder: Path, name: str | None, full: bool = False) -> tuple[str, SigningKey]:
    """Name and key of the witness in a folder, made at the first start; one key never serves two names, or two kinds.

    Raises:
        StoreError: The folder holds a witness of another name or kind, or half of one.
        VerificationError: The name cannot be one.
    """
    key_file, vkey_file = folder / "witness.key", folder / "witness.vkey"
    if is_full(folder) != full and (vkey_file.exists() or not full):
        kind = "a plain witness: its key has cosigned what it did not work through" if full else "a full witness: give --full"
        raise StoreError(f"in {folder} there is {kind}; a key must not serve both kinds, choose another --data")
    if not vkey_file.exists():
        if name is not None and ("+" in name or len(name.split()) != 1):
            raise StoreError(f"a witness' name has no spaces and no plus sign, for example witness.example/w1, not {name!r}")
        if full:  # before the key is anybody's
            replace_file(folder / FULL, b"This witness works through every entry before it cosigns.\n", 0o644)
        key = load_key(key_file) if key_file.exists() else make_key(key_file)
        vkey = format_vkey(witness_key(name or f"witness.invalid/{secrets.token_hex(8)}", key.public))
        parse_vkey(vkey)
        replace_file(vkey_file, f"{vkey}\n".encode(), 0o644)
    known = parse_vkey(vkey_file.read_text("utf-8").strip())
    key = load_key(key_file)
    if known.type != COSIGNATURE_TYPE or known.public != key.public:
        raise StoreError(f"{vkey_file} is not of the key beside it")
    if name not in (None, known.name):
        raise StoreError(f"the witness in {folder} is {known.name}; a key must not serve two names, choose another --data")
    return known.name, key


def is_full(folder: Path) -> bool:
    """Whether the witness in a folder is a full one."""
    return (folder / FULL).exists()


def addresses(logs: LogKeys, url: str | None, policy: Path | None) -> dict[str, str]:
    """Where a full witness finds the entries of each log.

    Args:
        logs: The logs it watches.
        url: Address given for the one log that is watched.
        policy: Policy file, whose lines of logs may name an address.

    Raises:
        StoreError: A log without an address.
        VerificationError: The policy is not well-formed.
    """
    found = {known.key.name: known.url for known in parse_policy(policy.read_bytes()).logs} if policy is not None else {}
    if url is not None and len(logs) == 1:
        found[next(iter(logs))] = url
    named = {origin: at for origin in logs if (at := found.get(origin)) is not None}
    if lost := sorted(logs.keys() - named.keys()):
        raise StoreError(f"where are the entries of {lost[0]}? One log: --url; several: an address behind each in --policy")
    if bad := [at for at in named.values() if not at.startswith(("http://", "https://"))]:
        raise StoreError(f"{bad[0]} is no address with http:// or https://")
    return named


@contextmanager
def _watching(
    folder: Path, book: WitnessBook, logs: LogKeys, at: Mapping[str, str], token: str | None
) -> Iterator[dict[str, Watch]]:
    """What follows each log of a full witness, started, and stopped at the end."""
    watches = {
        origin: Watch(url, folder / BOOKS / origin_hash(origin), origin, logs[origin], token, book.faults(origin))
        for origin, url in at.items()
    }
    try:
        for watch in watches.values():
            watch.start()
        yield watches
    finally:
        for watch in watches.values():
            watch.stop()


def run_witness(
    folder: Path, name: str | None, logs: LogKeys, host: str, port: int,
    full: Mapping[str, str] | None = None, token: str | None = None,
) -> None:  # fmt: skip
    """Serve a witness until a signal comes.

    Args:
        folder: Its folder.
        name: Name of its key, at the first start.
        logs: Logs it watches.
        host: Address to listen on.
        port: Port to listen on.
        full: For a full witness, where the entries of each log are; None for a plain one.
        token: For a full witness, an auditor's token.

    Raises:
        StoreError: The folder or the port is in use, or the folder is not such a witness'.
        VerificationError: The name cannot be one.
    """
    log_to_stderr()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with bind(host, port) as listener, FolderLock(folder), closing(WitnessBook(folder / BOOK)) as book:
        own = identity(folder, name, full is not None)
        with _watching(folder, book, logs, full or {}, token) as watches:
            witness = Witness(*own, logs, book, lambda: int(time.time()), watches)
            kind = "a full witness of" if full is not None else "watches"
            print(  # noqa: T201 - what the logs' operators and the readers' policies need
                f"{witness.vkey}\n{kind} {', '.join(sorted(logs))} on {address_of(host, listener)}", file=sys.stderr, flush=True
            )
            config = uvicorn.Config(
                create_witness_app(witness),
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=STOP_S,
            )
            uvicorn.Server(config).run(sockets=[listener])
