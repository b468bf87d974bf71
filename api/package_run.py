"""Writes and checks evidence packages for the command `suxin evidence`; `package_make.py` says what goes in."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import orjson

from ..ledger.checkpoint import log_key
from ..ledger.encoding import b64u
from ..ledger.entry import Entry
from ..ledger.errors import LedgerError, StoreError, VerificationError
from ..ledger.moment import moment_text
from ..ledger.note import format_vkey
from ..ledger.policy import parse_policy
from ..ledger.reasons import REASONS
from ..ledger.store.access_log import AccessLog
from ..ledger.store.book import Book
from ..ledger.store.bundle_source import Extras
from ..ledger.store.stored_epoch import StoredEpoch
from ..ledger.store.vault import Vault
from .outcome import fail
from .package import PackageReader, PackageWriter, State
from .package_check import check_package
from .package_make import Contents, Query, openings_of
from .package_tables import directory_of, entries_csv, keys_csv, keys_json, keys_of
from .render import LANGUAGES, template
from .service import wall_clock
from .settings import Settings
from .trust import read_policy_file
from .verifier import verifier_html
from .words import KINDS

HOLDS, FAILS, UNCHECKED = 0, 1, 2
README: Final = """溯信证据材料包 / Suxin evidence package

manifest.json lists every file with its SHA-256. docs/formats/package.md of the Suxin project says what each file is and how
to check it without Suxin; `suxin evidence --check FILE --policy policy.txt` does. The key in policy.txt is the one that the
packer put there: compare it with the one that the operator publishes elsewhere before you trust it.

manifest.json 列出每个文件及其 SHA-256 值。各文件的含义及不依赖本软件的核验步骤见溯信项目 docs/formats/package.md；也可运行
suxin evidence --check 文件 --policy policy.txt。policy.txt 中的公钥由打包者写入：请先与运营方另行公布的公钥核对，再予采信。
"""


def pack(book: Book, query: Query, out: Path, policy: Path | None = None, vault: Vault | None = None) -> tuple[bytes, int]:
    """Write a package; one that is broken off leaves no file behind.

    Args:
        book: The book; another process may write to it meanwhile.
        query: What is asked for.
        out: The zip file; must not exist.
        policy: Policy file to put in; without one, the log's own key, as its operator would say it.
        vault: Where the texts are that go in; without one none does.

    Returns:
        SHA-256 of the manifest (32 bytes), and the number of entries.

    Raises:
        StoreError: With words that say what to do.
    """
    try:
        trusted = b"" if policy is None else policy.read_bytes()
    except OSError as error:
        raise StoreError(f"the policy {policy} cannot be read: {error.strerror}") from error
    try:
        with book.snapshot() as reads:
            epoch = StoredEpoch(reads)
            vkeys = [format_vkey(log_key(epoch.genesis.origin, public)) for public in epoch.log_keys]
            trusted = trusted or "".join([f"log {vkey}\n" for vkey in vkeys] + ["quorum none\n"]).encode()
            parse_policy(trusted)
            writer = PackageWriter(out)
            try:
                entries = Contents(epoch, Extras(vkeys[0], openings_of(vault, reads)), writer.add).fill(query)
                _tell(writer, epoch, entries, query.words, trusted)
                published = epoch.published
                state = State(published.epoch, b64u(published.root), published.size, published.at_ms)
                return writer.close(epoch.genesis.origin, state, query.words), len(entries)
            except BaseException:
                writer.abandon()
                raise
    except VerificationError as error:
        raise StoreError(f"{error.code}: {error.detail}") from error


def run_pack(settings: Settings, query: Query, out: Path, policy: Path | None, *, texts: bool) -> tuple[bytes, int]:
    """Open a book and its vault as settings name them, and pack.

    Raises:
        StoreError: As `pack`.
    """
    with ExitStack() as stack:
        book = stack.enter_context(Book.open(settings.url))
        log = AccessLog(settings.data / "access", wall_clock)
        vault = stack.enter_context(Vault(settings.data / "keys" / "vault.keys", log)) if texts else None
        return pack(book, query, out, policy, vault)


def _tell(writer: PackageWriter, epoch: StoredEpoch, entries: list[Entry], asked: dict[str, str], policy: bytes) -> None:
    """Put in what is for people: tables, reports, policy and verifier."""
    keys = keys_of(directory_of(epoch.genesis, entries), entries)
    writer.add("entries.csv", entries_csv(entries))
    writer.add("keys.csv", keys_csv(keys))
    writer.add("keys.json", keys_json(keys))
    published = epoch.published
    page = {
        "origin": epoch.genesis.origin,
        "sandbox": epoch.genesis.sandbox,
        "query": asked,
        "epoch": published.epoch,
        "size": published.size,
        "root": b64u(published.root),
        "time": moment_text(published.at_ms),
        "bundle": "product" in asked or "waybill" in asked,
        "rows": [_report_row(entry) for entry in entries],
    }
    for lang in LANGUAGES:
        writer.add(f"report.{lang.lower()}.html", template("package.html", lang).render(page=page, lang=lang).encode())
    writer.add("readme.txt", README.encode())
    writer.add("policy.txt", policy)
    writer.add("verify.html", verifier_html(policy))


def _report_row(entry: Entry) -> dict[str, object]:
    said = entry.statement
    return {
        "index": entry.index,
        "received": moment_text(entry.received_ms),
        "kind": KINDS.get(said.type, ("kind", said.type)),
        "actor": said.actor,
        "subjects": [f"{name}: {key}" for name, key in sorted(said.subjects.items())],
        "name": entry.name,
    }


def check_file(path: Path, policy: Path, as_json: bool) -> int:
    """Check a package and print the result.

    Returns:
        Exit code.
    """
    try:
        trusted = read_policy_file(policy)
    except LedgerError as error:
        return fail(error, as_json)
    try:
        reader = PackageReader(path)
        try:
            report = check_package(reader, trusted, time.time_ns() // 1_000_000)
        finally:
            reader.close()
    except VerificationError as error:
        code = UNCHECKED if error.code == "log-unknown" else FAILS
        told: dict[str, object] = {"verdict": "open" if code == UNCHECKED else "fails", "code": error.code}
        told |= {"detail": error.detail, "first": {"code": error.code, "detail": error.detail}}
        verdict = "could not be checked" if code == UNCHECKED else "does not hold"
        _say(told, f"{verdict}: {REASONS.get(error.code, (error.code,))[0]} ({error.code}: {error.detail})", as_json)
        return code
    except LedgerError as error:
        return fail(error, as_json)
    told = {
        "verdict": "holds", "origin": report.origin, "size": report.checkpoint.size, "entries": report.entries,
        "streams": report.streams, "span": report.span, "bundle": report.bundle, "time": report.time,
    }  # fmt: skip
    whole = f"{report.streams} streams whole"
    if report.span is not None:
        whole += f", leaves {report.span[0]} to {report.span[1]} whole"
    words = f"holds: {report.entries} entries of {report.origin}, each proved and its signature checked; {whole}"
    words += f"; as of {moment_text(report.time)}"
    _say(told, words, as_json)
    return HOLDS


def _say(told: Mapping[str, object], words: str, as_json: bool) -> None:
    sys.stdout.write((orjson.dumps(told).decode() if as_json else words) + "\n")
