"""The tables of an evidence package for people and spreadsheets: its entries and the keys that signed them.

UTF-8 with a byte order mark and Chinese headers, as the spreadsheets of an office expect; the exact bytes lie beside them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..ledger import canonical
from ..ledger.directory import DIRECTORY_TYPES, Directory
from ..ledger.encoding import b64u
from ..ledger.entry import Entry
from ..ledger.keys import key_id, parse_public
from ..ledger.leaf import Genesis
from ..ledger.moment import moment_text
from .package import to_json

ENTRY_COLUMNS: Final = (
    "序号", "类型", "签名方", "代表", "声称时间", "账本收到时间", "对象", "引用", "正文", "签名方式",
    "密钥编号", "密钥计数", "语句哈希", "文件夹",
)  # fmt: skip
KEY_COLUMNS: Final = ("密钥编号", "公钥", "所属", "生效序号", "更换时间", "吊销序号", "可疑起始时间")
_FORMULA = re.compile(r"[=+\-@\t\r]")


def directory_of(genesis: Genesis, entries: Iterable[Entry]) -> Directory:
    """Fold the directory from the entries of a package, in log order; they hold every key that signed one of them."""
    directory = Directory.of(genesis)
    for entry in entries:
        if entry.statement.type in DIRECTORY_TYPES:
            directory.fold(entry.statement, entry.index, entry.received_ms)
    return directory


def keys_of(directory: Directory, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The keys that signed, in order of their ids: whose, and from where to where in the log they are valid."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        name, actor = entry.statement.key, entry.statement.actor
        known = directory.keys.get(name)
        if known is None and not actor.startswith("anon:"):
            continue
        public = parse_public(actor[5:]) if known is None else known.public
        row: dict[str, Any] = {
            "actor": actor if known is None else known.actor,
            "added": 0,
            "key": name,
            "public": b64u(b"\1" + public),
        }
        if known is not None:
            row["added"] = known.added
            row |= {
                member: value
                for member, value in (
                    ("rotated", known.rotated_ms),
                    ("revoked", known.revoked),
                    ("since", known.suspect_since_ms),
                )
                if value is not None
            }
        assert b64u(key_id(public)) == name
        found[name] = row
    return [row for _, row in sorted(found.items())]


def keys_json(rows: Sequence[dict[str, Any]]) -> bytes:
    """The keys as JSON."""
    return to_json(list(rows))


def keys_csv(rows: Sequence[dict[str, Any]]) -> bytes:
    """The keys as a table."""
    return _csv(
        KEY_COLUMNS,
        (
            (
                row["key"],
                row["public"],
                row["actor"],
                row["added"],
                _moment(row, "rotated"),
                row.get("revoked", ""),
                _moment(row, "since"),
            )
            for row in rows
        ),
    )


def entries_csv(entries: Iterable[Entry]) -> bytes:
    """The entries as a table."""
    return _csv(ENTRY_COLUMNS, map(_entry_row, entries))


def _entry_row(entry: Entry) -> tuple[object, ...]:
    said = entry.statement
    value: Any = canonical.parse(said.raw)
    return (
        entry.index, said.type, said.actor, said.party if said.party != said.actor else "", moment_text(said.at_ms),
        moment_text(entry.received_ms), " ".join(f"{name}={key}" for name, key in sorted(said.subjects.items())),
        value.get("ref", ""), canonical.dump(value.get("body", {})).decode(), "批次" if entry.batched else "单独",
        said.key, said.n, entry.name, f"entries/{entry.index:012}",
    )  # fmt: skip


def _csv(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "surrogatepass")


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _moment(row: dict[str, Any], name: str) -> str:
    return moment_text(row[name]) if name in row else ""
