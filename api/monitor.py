"""One monitor: a mirror that only takes over what extends it, and every comparison that somebody outside can make.

What contradicts is kept as a file and never taken over; the state that was held stays. Source: DESIGN 3.3;
docs/guide/outside.md, whose numbered steps the comments name; docs/formats/contradiction.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from ..client.errors import Unreachable
from ..ledger.bundle_report import Result
from ..ledger.checkpoint import Checkpoint, Opened, open_cosigned
from ..ledger.contradiction import BoundLeaf, Contradiction, Prefix, ShownNote, as_words, can_stand, find_fork
from ..ledger.epoch import Epoch, decode_epoch, verify_place
from ..ledger.errors import VerificationError
from ..ledger.leaf import kind_of
from ..ledger.merkle import consistency_path, inclusion_path
from ..ledger.store.files import replace_file
from ..ledger.tile_nodes import TiledLog
from .address import Address, Unanswered
from .contradictions import Contradictions
from .difference import PAUSE_S, TRIES
from .keeping import Keeping
from .trust import Trust, age_of
from .turn import Limits, Turn
from .vantage import Vantage

HELD: Final = "held.note"  # the largest state ever taken over, also when the mirror has to begin again
MIRROR: Final = "mirror"
_NOT_FOUND: Final = 404
_MODE: Final = 0o644


class Monitor:
    """Follows one book. For one thread.

    Args:
        folder: Its data folder.
        book: Where the book is.
        trust: Keys and policy.
        keeping: The mirror, with its checks.
        vantages: Witnesses and peers.
        limits: Ages, clock.
    """

    def __init__(
        self, folder: Path, book: Address, trust: Trust, keeping: Keeping, vantages: Sequence[Vantage], limits: Limits
    ) -> None:
        self.book = book
        self.trust = trust
        self.keeping = keeping
        self.vantages = vantages
        self.evidence = Contradictions(folder)
        self._limits = limits
        self._file = folder / HELD
        self._held = self._read_held()
        self._standing: set[tuple[object, ...]] = set()  # contradictions of the turn before

    def _read_held(self) -> tuple[Checkpoint, str] | None:
        """The newest state that was ever taken over; the mirror may have lost it, and then it is still what was signed."""
        notes = [self.keeping.mirror.note] if self.keeping.mirror.note else []
        if self._file.exists():
            notes.append(self._file.read_text("utf-8", errors="replace"))
        found = None
        for note in notes:
            try:
                checkpoint = open_cosigned(note, self.trust.origin, self.trust.keys).checkpoint
            except VerificationError:
                continue  # a file that was cut off; the other one counts
            if found is None or checkpoint.size > found[0].size:
                found = checkpoint, note
        return found

    def turn(self) -> Turn:
        """One turn.

        Raises:
            Unreachable: The book does not answer; nothing is known, and the mirror stands.
            StoreError: A disk or a checking process failed.
        """
        turn, before = Turn(), self.keeping.mirror.size
        for vantage in self.vantages:
            vantage.ask(self.trust)
        try:
            self.keeping.catch_up()
            opened = self._advance(turn)
            turn.added = self.keeping.mirror.size - before
            self._look(turn)
            self._compare_all(turn, opened)
        except Unreachable:
            if not turn.found:
                raise
        self._standing = {_mark(one) for one in turn.found}
        return turn

    # -- steps 1 to 3: the book itself ---------------------------------------------------------------------------------

    def _advance(self, turn: Turn) -> Opened | None:
        """Take over what the book shows, if it extends what is held; None where it does not."""
        others = (vantage.checkpoint.size for vantage in self.vantages if vantage.checkpoint is not None)
        at_least = max(others, default=0) if self._held is None else max(self._held[0].size, *others, 0)
        note = ""
        try:
            note = self._newest(at_least)
            opened = self.trust.open(note)
            self._extends(turn, opened.checkpoint, note)
            self.keeping.advance(note)
        except VerificationError as error:
            if not turn.found:
                self._keep(turn, Result("fails", error.code, error.detail, error.index), self._notes((self.book.url, note)))
            return None
        self._held = opened.checkpoint, note
        replace_file(self._file, note.encode(), _MODE)
        turn.checked += ["checkpoint", "hashes"]
        return opened

    def _newest(self, at_least: int) -> str:
        """The note that the book shows; asked again a few times where it is smaller than one that was seen."""
        note = ""
        for attempt in range(TRIES):
            if attempt:
                self._limits.sleep(PAUSE_S)
            note = self.book.checkpoint().decode(errors="replace")
            try:
                if self.trust.open(note).checkpoint.size >= at_least:
                    break
            except VerificationError:
                break  # said by the caller, who keeps the note
        return note

    def _extends(self, turn: Turn, shown: Checkpoint, note: str) -> None:
        """Hold what the book shows against what is held.

        Raises:
            VerificationError: `consistency-invalid`, `log-truncated`, or of the tiles; what convicts is kept.
        """
        if self._held is None:
            return
        held = self._held[0]
        if shown.size > held.size:
            prefix = find_fork(held, shown, TiledLog(shown.size, self.book.tile))
            forked = prefix is not None
        else:
            forked, prefix = self._differs(shown)
        if forked:
            words = f"{held.size} leaves were signed, and {shown.size} that do not go with them"
            self._refuse(turn, "consistency-invalid", words, note, prefix)
        if shown.size < held.size:
            self._refuse(turn, "log-truncated", f"{held.size} leaves were signed, {shown.size} are shown", note)

    def _refuse(self, turn: Turn, code: str, words: str, note: str, prefix: Prefix | None = None) -> NoReturn:
        self._keep(turn, Result("fails", code, words), self._notes((self.book.url, note)), prefix)
        raise VerificationError(code, words)

    def _differs(self, shown: Checkpoint) -> tuple[bool, Prefix | None]:
        """Whether a state of at most the size that is held is another one; and what convicts."""
        mirror = self.keeping.mirror
        assert self._held is not None
        if shown.size > mirror.size:  # of a mirror that begins again
            return shown.size == self._held[0].size and shown.root != self._held[0].root, None
        root = mirror.root_at(shown.size)
        if root == shown.root or shown.size == mirror.size:
            return root != shown.root, None
        return True, Prefix(root, tuple(consistency_path(shown.size, mirror.size, mirror.node)))

    # -- steps 3 and 4: what is held now -------------------------------------------------------------------------------

    def _look(self, turn: Turn) -> None:
        """Check what the mirror holds."""
        size = self.keeping.mirror.size
        if not size:
            return
        fault = self.keeping.fault()
        if fault is not None:
            self._keep(turn, Result("fails", fault.code, fault.detail, fault.index), self._notes(), leaf=fault.index)
        elif self.keeping.whole:
            turn.checked.append("entries")
        try:
            if not turn.found:
                self.keeping.compare_tiles()
            turn.epoch = self._epoch(size - 1)
        except VerificationError as error:
            if not turn.found:
                self._keep(turn, Result("fails", error.code, error.detail, error.index), self._notes())
            return
        if turn.epoch is None:
            turn.current = Result("open", "not-shown", "the newest epoch leaf is not shown")
            return
        turn.checked.append("newest_epoch")
        turn.current = age_of(turn.epoch.time, self._limits.clock(), self._limits.max_age_ms)
        if self._limits.stale_is_fault and turn.current.state != "holds" and not turn.found:
            self._keep(turn, turn.current, self._notes(), leaf=size - 1)

    def _epoch(self, index: int) -> Epoch | None:
        """The leaf that closes the state that is held; None where an address does not show single leaves."""
        try:
            raw = self.keeping.leaf(index)
        except Unanswered as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        if kind_of(raw) != "epoch":
            raise VerificationError("epoch-missing", f"leaf {index}, the last of a signed state, is no epoch leaf", index)
        epoch = decode_epoch(raw)
        verify_place(epoch, index)
        return epoch

    # -- step 5: the others --------------------------------------------------------------------------------------------

    def _compare_all(self, turn: Turn, opened: Opened | None) -> None:
        """Hold what others are shown against what is held, and count who has cosigned it."""
        for vantage in self.vantages:
            if vantage.checkpoint is not None and self._held is not None:
                self._compare(turn, vantage, vantage.checkpoint)
        found = {} if opened is None else {one.witness: one for one in opened.cosignatures}
        for one in filter(None, (vantage.cosignature() for vantage in self.vantages)):
            if one.witness not in found or one.time_s > found[one.witness].time_s:
                found[one.witness] = one
        turn.quorum = self.trust.quorum(found.values(), self._limits.clock())
        turn.cosigned, turn.full = self.trust.names(found.values()), self.trust.full(found.values())

    def _compare(self, turn: Turn, vantage: Vantage, shown: Checkpoint) -> None:
        held = self._held[0] if self._held is not None else shown
        prefix: Prefix | None = None
        forked = False
        if shown.size <= held.size:
            forked, prefix = self._differs(shown)
            vantage.state = "same" if shown.size == held.size else "behind"
        else:
            vantage.state = "ahead"
            if vantage.key is None:  # a peer has tiles
                try:
                    prefix = find_fork(held, shown, TiledLog(shown.size, vantage.address.tile))
                    forked = prefix is not None
                except (VerificationError, Unreachable) as error:
                    vantage.detail = str(error)
        notes = self._notes((vantage.address.url, vantage.note))
        if forked:
            vantage.state = "forked"
            words = (
                f"{held.size} leaves were signed and are held here; {vantage.name} shows {shown.size} that do not go with them"
            )
            self._keep(turn, Result("fails", "consistency-invalid", words), notes, prefix)
        elif vantage.state == "ahead" and not turn.found:
            words = f"{vantage.name} shows {shown.size} leaves, but the book shows {held.size} here"
            self._keep(turn, Result("fails", "log-truncated", words), (notes[1], notes[0]))

    # -- evidence ------------------------------------------------------------------------------------------------------

    def _notes(self, *shown: tuple[str, str]) -> tuple[ShownNote, ...]:
        """What is held, and what was shown beside it; without what is no note at all."""
        held = [] if self._held is None else [(MIRROR, self._held[1])]
        return tuple(ShownNote(as_words(source), note) for source, note in (*held, *shown) if can_stand(note))

    def _keep(
        self, turn: Turn, why: Result, notes: tuple[ShownNote, ...], prefix: Prefix | None = None, leaf: int | None = None
    ) -> None:
        """Note a contradiction, and write it down unless it stood in the turn before."""
        bound = None
        mirror = self.keeping.mirror
        if leaf is not None and notes and self._held is not None and self._held[0].size == mirror.size > leaf:
            path = tuple(inclusion_path(leaf, mirror.size, mirror.node))
            with suppress(VerificationError, Unreachable):
                bound = BoundLeaf(leaf, self.keeping.leaf(leaf), path)
        found = Contradiction(
            why.code,
            as_words(why.detail),
            self.trust.origin,
            self.trust.vkey,
            self._limits.clock(),
            notes,
            prefix,
            bound,
        )
        turn.found.append(found)
        turn.indexes.append(why.index)
        if _mark(found) not in self._standing:
            file = self.evidence.keep(found)
            if file is not None:
                turn.kept.append(file)


def _mark(found: Contradiction) -> tuple[object, ...]:
    """What makes two contradictions the same, while the book goes on signing new notes."""
    return (found.code, found.leaf and found.leaf.index, *(one.source for one in found.notes))
