"""Rows as PostgreSQL's binary COPY wants them: prepacked structs, a third of the cost of bound parameters.

A field is its length as i32 and its bytes; a row starts with the number of fields as i16; all big endian.

Source: PostgreSQL "COPY", Binary Format; performance.md section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from struct import Struct
from typing import Final

from .group import ActorRow, EntryTuple, LeafRow, SignerRow, StreamLink, StreamName, TagRow, VaultRow

HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER: Final = b"\xff\xff"

_LEAF: Final = Struct(">hiiiqi")
_ENTRY: Final = Struct(">hiiiqiqihiiiqiii16si32si32s")
_BARE: Final = Struct(">hiiiqiqihiiiiii32s")  # a leaf that is no statement: five NULLs
_TAG: Final = Struct(">hiiiqiq")
_LINK: Final = Struct(">hiiiiiiiqi32s")
_NUMBERED: Final = Struct(">hiiiii")
_VAULT: Final = Struct(">hiii32si")
_LENGTH: Final = Struct(">i")


def leaf_rows(shard: int, rows: Iterable[LeafRow]) -> bytes:
    """Pack rows of `leaf`."""
    pack = _LEAF.pack
    return b"".join([part for idx, body in rows for part in (pack(3, 4, shard, 8, idx, len(body)), body)])


def entry_rows(shard: int, rows: Iterable[EntryTuple]) -> bytes:
    """Pack rows of `entry`, whose shape is checked (`Group.fits`): struct would pad or cut what has another length.

    Raises:
        struct.error: A number is out of range.
    """
    full, bare = _ENTRY.pack, _BARE.pack
    parts = []
    for idx, epoch, kind, key_no, n, actor_no, identity, statement, leaf_hash in rows:
        if statement is None:
            parts.append(bare(10, 4, shard, 8, idx, 8, epoch, 2, kind, -1, -1, -1, -1, -1, 32, leaf_hash))
            continue
        parts.append(
            full(
                10, 4, shard, 8, idx, 8, epoch, 2, kind, 4, key_no, 8, n, 4, actor_no,
                16, identity, 32, statement, 32, leaf_hash,
            )
        )  # fmt: skip
    return b"".join(parts)


def tag_rows(shard: int, rows: Iterable[TagRow]) -> bytes:
    """Pack rows of `statement_tag`."""
    pack = _TAG.pack
    return b"".join([pack(3, 4, shard, 8, tag, 8, idx) for tag, idx in rows])


def link_rows(shard: int, rows: Iterable[StreamLink]) -> bytes:
    """Pack rows of `stream_row`.

    Raises:
        ValueError: A head is not 32 bytes; struct would pad or cut it silently.
    """
    pack = _LINK.pack
    parts = []
    for stream_no, position, idx, head in rows:
        if len(head) != 32:
            raise ValueError("head")
        parts.append(pack(5, 4, shard, 4, stream_no, 4, position, 8, idx, 32, head))
    return b"".join(parts)


def name_rows(shard: int, rows: Iterable[StreamName] | Iterable[ActorRow]) -> bytes:
    """Pack rows of `stream` and of `actor`: a number and a text."""
    return _numbered(shard, ((number, name.encode()) for number, name in rows))


def signer_rows(shard: int, rows: Iterable[SignerRow]) -> bytes:
    """Pack rows of `signer`."""
    return _numbered(shard, rows)


def vault_rows(shard: int, rows: Iterable[VaultRow]) -> bytes:
    """Pack rows of `vault`, whose shape is checked (`Group.fits`)."""
    parts: list[bytes] = []
    for statement, pointer, sealed in rows:
        name = pointer.encode()
        parts += (_VAULT.pack(4, 4, shard, 32, statement, len(name)), name, _LENGTH.pack(len(sealed)), sealed)
    return b"".join(parts)


def _numbered(shard: int, rows: Iterable[tuple[int, bytes]]) -> bytes:
    pack = _NUMBERED.pack
    return b"".join([part for number, data in rows for part in (pack(3, 4, shard, 4, number, len(data)), data)])


PACKERS: Final[dict[str, Callable[..., bytes]]] = {
    "leaf": leaf_rows,
    "entry": entry_rows,
    "statement_tag": tag_rows,
    "stream": name_rows,
    "stream_row": link_rows,
    "signer": signer_rows,
    "actor": name_rows,
    "vault": vault_rows,
}
