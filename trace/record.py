"""One entry of a story as a page shows it: what, when, who, where, with which evidence. Not translated, not checked.

Frozen values, filled by folds over entries and shown by `api/templates/record.html`. Codes stay codes
(`api/words.py` has the words); times are Unix milliseconds; amounts are integers with the unit in the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..ledger.refs import ClaimedTime, EntryRef, Name, Party, Place

Grade = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence grade of a step, with the reason that earned it (DESIGN 3.5).

    Attributes:
        grade: A counter-signed, B two unrelated organisations, C one organisation with physical evidence, D claim only.
        reason: One of counter_signed, two_organisations, physical, claim_only, shared_holder (signatures that share
            a controller or a key holder count once), no_code (a consumer's key without the issued code), simulated,
            imported, relayed.
        parties: Whose signatures were counted, in the order they signed; may be empty.
    """

    grade: Grade
    reason: str
    parties: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One detail of a record: a registered name and a plain value.

    Attributes:
        name: A key of `api/facts.py`, which holds its label and its format; the field's own name where it is a field of
            the body: `weight_g`, `deliver_by`, `made_on`, `method`, `price_minor` …
        value: Integer in the unit the name says, a truth value, a code, an id, a moment or day as the statement writes
            it, or a Name. Money is (minor units, ISO 4217 code).
    """

    name: str
    value: int | str | Name | tuple[int, str]


@dataclass(frozen=True, slots=True)
class Words:
    """The free text of a review, a complaint or an answer. It lives in the vault; the book has only its hash.

    Attributes:
        state: `shown`; `sealed` (kept, not public); `erased` (by law) or `withdrawn` (by the author), as an entry says.
        text: The text when `state` is `shown`, else "".
        lang: BCP 47 tag of the text, "" when unknown.
        until: Day until which it is sealed by law, and then erased; "" where no entry names one.
    """

    state: Literal["shown", "sealed", "erased", "withdrawn"]
    text: str = ""
    lang: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One entry of the story.

    Attributes:
        ref: Where it stands in the book.
        kind: Statement type: listing, item, sale, consign, dispatch, scan, delivery, confirm, review, complaint, reply,
            case, return, relist, recall, inspection, claim, correction, … An unknown type is shown by its own name.
        code: What kind of that kind, "" when there is only one: a waybill code (PICKED_UP …) of a scan; accepts,
            received, refuses or approves of a confirm; the category of a complaint; of a case its outcome when it was
            decided, else its state; pass or fail of an inspection; `follow` of a follow-up review.
        about: Which subject's stream it stands in: item, lot, class, offer, waybill, actor.
        time: The claimed time.
        actor: Who signed.
        acting_for: On whose mandate, or None.
        place: Where, or None.
        evidence: Grade, or None for entries that are not steps (registrations, corrections).
        facts: Details in the order to show them.
        stars: Rating in whole stars 1 to 5, 0 when it is not a review.
        words: Free text of the row, or None.
        flags: Each one of: no_consent (locker, station or another person without the recipient's consent), after_delivery,
            probable_duplicate, overdue, insider (the author belongs to a party), abusive, disputed, not_understood,
            in_dispute (an objection to it waits for its decision), key_stolen (received since the time from which the key's
            owner says that it was in other hands).
        replies: Entries that refer to this one (reply, follow-up, case, confirm, erasure), oldest first, one level deep.
        corrected_by: The correction that replaces it, or None. The row stays on the page.
        source: `own`, `relay`, `import` or `simulated`.
    """

    ref: EntryRef
    kind: str
    time: ClaimedTime
    actor: Party
    code: str = ""
    about: str = "item"
    acting_for: Party | None = None
    place: Place | None = None
    evidence: Evidence | None = None
    facts: tuple[Fact, ...] = ()
    stars: int = 0
    words: Words | None = None
    flags: tuple[str, ...] = ()
    replies: tuple[RecordRow, ...] = ()
    corrected_by: EntryRef | None = None
    source: str = "own"


@dataclass(frozen=True, slots=True)
class ScanFold:
    """Scans on the way, folded into one line that opens. Two or more, newest first."""

    rows: tuple[RecordRow, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """An entry whose body was withheld by law; its hash is still in the chain (DESIGN 3.2).

    Attributes:
        ref: The entry; its `statement` may be "".
        kind: Statement type, as the erasure or repair entry names it.
        ground: `law`, `request`, `repair` or `term`.
        by: The later entry that says so.
    """

    ref: EntryRef
    kind: str
    ground: str
    by: EntryRef
