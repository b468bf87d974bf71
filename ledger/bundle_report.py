"""What the check of a bundle comes to: separate results, never one tick. Said in DESIGN's words by whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from .cosignature import Cosignature
from .encoding import b64u
from .reasons import REASONS

State = Literal["holds", "fails", "open"]


@dataclass(frozen=True, slots=True)
class Result:
    """One result.

    Attributes:
        state: `holds`; `fails`: the bundle shows something that cannot be right; `open`: it could not be said.
        code: Key of `reasons.REASONS`, "" when it holds.
        detail: What was compared and how it differs.
        index: Position in the log, where one can be named.
    """

    state: State = "holds"
    code: str = ""
    detail: str = ""
    index: int | None = None


HOLDS = Result()


@dataclass(frozen=True, slots=True)
class Results:
    """The separate results, in the order to show them.

    Attributes:
        form: The bundle could be read; when not, every other result is open.
        signatures: Every shown statement was signed by a key of its actor that could sign at that index, and every opened
            value is the one committed to.
        order: The chains lead to the map, received times do not fall.
        on_record: The state shown is that of a known log, signed by it.
        complete: Every entry about the subject is here: the closure is whole, each of its streams is whole or proved absent.
        withheld: Whatever is withheld, is withheld lawfully.
        current: The state is that of now; open means "holds, as of".
        witnesses: The policy's quorum has cosigned.
    """

    form: Result = HOLDS
    signatures: Result = HOLDS
    order: Result = HOLDS
    on_record: Result = HOLDS
    complete: Result = HOLDS
    withheld: Result = HOLDS
    current: Result = HOLDS
    witnesses: Result = HOLDS

    def by_name(self) -> dict[str, Result]:
        """The results by name, in order."""
        return {member.name: getattr(self, member.name) for member in fields(self)}

    def standing(self, instead: Result) -> Results:
        """The same with `instead` in the place of all that holds, `form` left as it is."""
        return replace(self, **{name: instead for name, one in self.by_name().items() if one == HOLDS and name != "form"})


@dataclass(frozen=True, slots=True)
class BundleReport:
    """Result of checking a bundle.

    Attributes:
        results: The separate results.
        audited: A witness that the policy marks `full` has cosigned. Without it `order`, `on_record`, `complete` and
            `withheld` are what the operator states, not yet checked by an independent auditor.
        log_unknown: The policy does not know the log. Nothing may be shown green then.
        subject: Stream that the story is about, "" when the bundle could not be read.
        recorded: Whether there is any entry in that stream; if not, and all holds, the book has no such product.
        lot_known: Whether the item names its lot; if not, recalls of a lot cannot be checked.
        origin: Log that the checkpoint names.
        size: Leaves under the checkpoint.
        root: Its root, 32 bytes; empty when the checkpoint could not be read.
        epoch: Number of the epoch shown.
        time_ms: Its time, Unix milliseconds.
        entries: Shown entries.
        streams: Streams with entries.
        absent: Streams proved absent.
        withheld_entries: Entries given as index and leaf hash only.
        not_understood: Shown entries of types that are not understood here.
        signers: Different keys that have signed.
        cosigned: Cosignatures of witnesses that the policy knows.
    """

    results: Results
    audited: bool = False
    log_unknown: bool = False
    subject: str = ""
    recorded: bool = False
    lot_known: bool = False
    origin: str = ""
    size: int = 0
    root: bytes = b""
    epoch: int = 0
    time_ms: int = 0
    entries: int = 0
    streams: int = 0
    absent: int = 0
    withheld_entries: int = 0
    not_understood: int = 0
    signers: int = 0
    cosigned: tuple[Cosignature, ...] = ()

    @property
    def verdict(self) -> State:
        """One word for programs: `fails` if any result does; else `open` if any but `current` is; else `holds`.

        A state that is not current holds as of its time.
        """
        states = {result.state for name, result in self.results.by_name().items() if name != "current"}
        return "fails" if "fails" in states else "open" if "open" in states else "holds"


def report_json(report: BundleReport) -> dict[str, object]:
    """A report as a JSON value; members that have nothing to say are left out."""
    found: dict[str, object] = {"verdict": report.verdict}
    for name, result in report.results.by_name().items():
        row: dict[str, object] = {"state": result.state}
        if result.code:
            row |= {"code": result.code, "reason": REASONS[result.code][0], "detail": result.detail}
        if result.index is not None:
            row["index"] = result.index
        found[name] = row
    for member in fields(report):
        if member.name not in ("results", "cosigned", "root"):
            found[member.name] = getattr(report, member.name)
    found["root"] = b64u(report.root)
    found["cosigned"] = [{"witness": one.witness.name, "time_s": one.time_s} for one in report.cosigned]
    return found
