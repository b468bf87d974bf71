"""The story of one subject: which streams belong to it. The same for the page, the bundle and every verifier.

A worklist without I/O: it says which streams to read next, and is handed their entries, until nothing is wanted.
Source: DESIGN 3.2 "Story of an item".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from .directory import Directory
from .entry import Entry
from .errors import VerificationError
from .identifier import carrier_of, class_of, split_offer

STREAMS_MAX = 2_000  # an item in a hundred parcels of a hundred carriers has fewer
ENTRIES_MAX = 50_000  # 16 KiB each would be 800 MB; a bundle ends long before

Read = Callable[[Sequence[str]], Mapping[str, Sequence[Entry]]]


class Closure:
    """Streams of one story, as far as they have been read.

    Attributes:
        streams: Every stream of the story and its entries, in the order in which they were named; an empty tuple
            for a stream without entries (a bundle proves it absent).

    Args:
        stream: The stream the story is about: `p:` of an item, `w:` of a waybill, `s:` of a company.
    """

    def __init__(self, stream: str) -> None:
        self.streams: dict[str, tuple[Entry, ...]] = {}
        self._named: dict[str, None] = {stream: None}
        self._entries = 0
        self._name_subject(stream)

    def wanted(self) -> list[str]:
        """Streams to read next, in the order in which they were named; empty when the story is whole.

        Raises:
            VerificationError: `closure-too-large`.
        """
        if len(self._named) > STREAMS_MAX:
            raise VerificationError("closure-too-large", f"a story of more than {STREAMS_MAX} streams")
        return [name for name in self._named if name not in self.streams]

    def take(self, stream: str, entries: Iterable[Entry]) -> None:
        """Take in one wanted stream, whole and in order.

        Raises:
            VerificationError: `closure-too-large`.
        """
        assert stream in self._named
        assert stream not in self.streams
        found = self.streams[stream] = tuple(entries)
        self._entries += len(found)
        if self._entries > ENTRIES_MAX:
            raise VerificationError("closure-too-large", f"a story of more than {ENTRIES_MAX} entries")
        for entry in found:
            for name in named_by(entry):
                self._named.setdefault(name)
                self._name_subject(name)

    def _name_subject(self, stream: str) -> None:
        """A waybill's carrier, an item's or lot's class, an offer's class: they are inside the names themselves."""
        letter, subject = stream[0], stream[2:]
        if letter == "w":
            self._named.setdefault(f"s:uscc:{carrier_of(subject)}")
        elif letter == "p" and ("/21/" in subject or "/10/" in subject):
            self._named.setdefault(f"p:{class_of(subject)}")
        elif letter == "l":
            self._named.setdefault(f"p:{split_offer(subject)[1]}")

    @property
    def entries(self) -> list[Entry]:
        """Every entry of the story once, in log order."""
        return [entry for _, entry in sorted({e.index: e for found in self.streams.values() for e in found}.items())]

    def directory(self, directory: Directory) -> Directory:
        """Who is who in this story, folded from its own `a:` and `k:` streams.

        Args:
            directory: As the genesis leaf has it; is filled and given back.
        """
        found = {e.index: e for name, entries in self.streams.items() if name[0] in "ak" for e in entries}
        for index, entry in sorted(found.items()):
            directory.fold(entry.statement, index, entry.received_ms)
        return directory


def named_by(entry: Entry) -> list[str]:
    """Streams that an entry calls into a story: what it speaks of, who signed, who is bound.

    Subjects of a statement it refers to count as its own. Consumers' keys have no history, so none is asked for.
    """
    statement = entry.statement
    found = []
    subjects = statement.subjects
    copied = statement.re
    while True:
        found += _subject_streams(subjects)
        if copied is None:
            break
        subjects = copied["subjects"]  # type: ignore[assignment]
        copied = copied.get("re")  # type: ignore[assignment]
    for actor in dict.fromkeys((statement.actor, statement.party)):
        if not actor.startswith("anon:"):
            found.append(f"a:{actor}")
    if not statement.actor.startswith("anon:"):
        found.append(f"k:{statement.actor}")
    return found


def _subject_streams(subjects: Mapping[str, str]) -> list[str]:
    letters = (("lot", "p"), ("class", "p"), ("offer", "l"), ("waybill", "w"), ("next", "w"))
    return [f"{letter}:{subjects[field]}" for field, letter in letters if field in subjects]


def close_story(stream: str, read: Read) -> Closure:
    """Read a whole story.

    Args:
        stream: What it is about.
        read: Gives the entries of streams, whole and in order; a stream without entries may be left out.

    Raises:
        VerificationError: `closure-too-large`.
    """
    closure = Closure(stream)
    while wanted := closure.wanted():
        found = read(wanted)
        for name in wanted:
            closure.take(name, found.get(name, ()))
    return closure
