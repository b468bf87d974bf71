"""What a power cut leaves of a folder that was written through `disk.c`: only synced bytes are sure, the rest is luck.

The rules are POSIX's, and no kinder: the bytes of a file are kept once fsync or fdatasync on it has returned; a name, a
rename, a removal once fsync on its folder has. What was written and not synced may be there, not be there, or be torn at
a sector; of changes to names that were not synced the first few, in order, may be there. A `-shm` file is memory.
"""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

SECTOR = 512  # bytes that a disk writes at once
_HEAD = struct.Struct("<cQQII")
ACKNOWLEDGED = b"A"  # not the shim's: a client has heard that its statement is recorded

Luck = Literal["none", "some", "all"]


class Record(NamedTuple):
    """One change, in the order in which they were made; see `disk.c`."""

    op: bytes
    node: int
    at: int
    first: bytes
    second: bytes


@dataclass
class File:
    """One file: what is safe, and what was done to it since, as (offset, bytes) or (new length, None)."""

    safe: bytearray = field(default_factory=bytearray)
    loose: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for at, data in self.loose:
            change(self.safe, at, data)
        self.loose.clear()

    def after(self, luck: Luck, dice: random.Random) -> bytes:
        found = bytearray(self.safe)
        for at, data in self.loose if luck != "none" else ():
            if luck == "all" or dice.random() < 0.5:
                change(found, at, data)
            elif data is not None and dice.random() < 0.3:
                change(found, at, data[: SECTOR * dice.randrange(len(data) // SECTOR + 1)])
        return bytes(found)


def change(content: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        del content[at:]
        content.extend(bytes(at - len(content)))
    elif data:
        content.extend(bytes(max(0, at - len(content))))
        content[at : at + len(data)] = data


def records(journal: Path) -> Iterator[Record]:
    """Every whole record of a journal."""
    data = journal.read_bytes()
    at = 0
    while at + _HEAD.size <= len(data):
        op, node, offset, one, two = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + one + two > len(data):
            return
        yield Record(op, node, offset, data[at : at + one], data[at + one : at + one + two])
        at += one + two


def acknowledge(journal: Path, name: bytes) -> None:
    """Note that somebody was told by now that `name` is recorded: from here on no power cut may take it away."""
    number = os.open(journal, os.O_WRONLY | os.O_APPEND)
    os.write(number, _HEAD.pack(ACKNOWLEDGED, 0, 0, len(name), 0) + name)
    os.close(number)


class Disk:
    """The state of a disk after some records."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.acknowledged: set[bytes] = set()
        self._nodes: dict[int, File] = {}
        self._safe: dict[str, File | None] = {self.root: None}  # names on the disk; None is a folder
        self._loose: list[tuple[str, str, str, File | None]] = []  # what, name, new name, file

    def do(self, record: Record) -> None:
        """Follow one record."""
        name, other = os.fsdecode(record.first), os.fsdecode(record.second)
        match record.op:
            case b"C":
                made = self._nodes[record.node] = File()
                self._loose.append(("link", name, "", made))
            case b"M":
                self._loose.append(("link", name, "", None))
            case b"R":
                self._loose.append(("move", name, other, None))
            case b"U":
                self._loose.append(("drop", name, "", None))
            case b"W" | b"T":
                if record.node in self._nodes:
                    self._nodes[record.node].loose.append((record.at, record.first if record.op == b"W" else None))
            case b"S":
                if record.at:
                    self._sync_folder(name)
                elif record.node in self._nodes:
                    self._nodes[record.node].sync()
            case b"A":
                self.acknowledged.add(record.first)

    def _sync_folder(self, folder: str) -> None:
        for loose in self._loose:
            if _folder(loose[1]) == folder:
                _rename(self._safe, loose)
        self._loose = [loose for loose in self._loose if _folder(loose[1]) != folder]

    def cut(self, into: Path, luck: Luck, seed: int) -> None:
        """Write what is left after a power cut at this moment into an empty folder."""
        dice = random.Random(seed)
        names = dict(self._safe)
        count = {"none": 0, "all": len(self._loose), "some": dice.randrange(len(self._loose) + 1)}[luck]
        for loose in self._loose[:count]:
            _rename(names, loose)
        for name, file in sorted(names.items()):
            # A file whose folder is lost is lost with it.
            if not name.endswith("-shm") and _folder(name) in {*names, _folder(self.root)}:
                place = into / os.path.relpath(name, self.root)
                if file is None:
                    place.mkdir(mode=0o700, exist_ok=True)
                elif place.parent.is_dir():
                    place.write_bytes(file.after(luck, dice))
                    place.chmod(0o600)


def _rename(names: dict[str, File | None], loose: tuple[str, str, str, File | None]) -> None:
    what, name, other, file = loose
    if what == "link":
        names[name] = file
    elif what == "drop":
        names.pop(name, None)
    elif name in names:
        names[other] = names.pop(name)


def _folder(name: str) -> str:
    return name.rpartition("/")[0]
