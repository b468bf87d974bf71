"""`suxin witness`: cosigns checkpoints of logs that it knows and that only grow. Speaks C2SP tlog-witness and nothing else.

Its folder holds its own key, its name and what it has cosigned; it shares nothing with the book it watches. A backup of
that folder must not be put back: the witness would cosign again what it has cosigned otherwise since.
Source: c2sp.org/tlog-witness, docs/formats/witness.md.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
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
from ..ledger.store.witness_book import WitnessBook
from ..ledger.witness import REQUEST_BYTES_MAX, SIZE_TYPE, Cosigned, Declined, LogKeys, Why, decide, parse_ask
from .body import read_body
from .keyring import load_key, make_key
from .serving import CONNECTIONS_MAX, KEEP_ALIVE_S, STOP_S, address_of, bind, log_to_stderr

log = structlog.get_logger("suxin")

STATUS: Final = {
    Why.MALFORMED: 400,
    Why.UNKNOWN_LOG: 404,
    Why.UNSIGNED: 403,
    Why.OLD_ABOVE_SIZE: 400,
    Why.STALE: 409,
    Why.OTHER_ROOT: 422,
    Why.NOT_CONSISTENT: 422,
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
    """

    name: str
    key: SigningKey
    logs: LogKeys
    book: WitnessBook
    clock: Callable[[], int]

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
        return self.book.update(ask.origin, lambda seen: decide(ask, seen, self.logs, self.name, self.key, now), now)


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
        return _plain(decision.words, STATUS[decision.why])

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


def identity(folder: Path, name: str | None) -> tuple[str, SigningKey]:
    """Name and key of the witness in a folder, made at the first start; one key never serves two names.

    Raises:
        StoreError: The folder holds a witness of another name, or half of one.
        VerificationError: The name cannot be one.
    """
    key_file, vkey_file = folder / "witness.key", folder / "witness.vkey"
    if not vkey_file.exists():
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


def run_witness(folder: Path, name: str | None, logs: LogKeys, host: str, port: int) -> None:
    """Serve a witness until a signal comes.

    Raises:
        StoreError: The folder or the port is in use, or the folder is not a witness'.
        VerificationError: The name cannot be one.
    """
    log_to_stderr()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with bind(host, port) as listener, FolderLock(folder), closing(WitnessBook(folder / "witness.db")) as book:
        witness = Witness(*identity(folder, name), logs, book, lambda: int(time.time()))
        print(  # noqa: T201 - what the logs' operators and the readers' policies need
            f"{witness.vkey}\nwatches {', '.join(sorted(logs))} on {address_of(host, listener)}", file=sys.stderr, flush=True
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
