"""What pages need beyond a story: the book they belong to, and the models of the start page and of errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ..ledger.refs import Name, Party
from ..trace.reviews import OfferReviews, Opinion
from .words import words

if TYPE_CHECKING:
    from .cases import CaseRow


@dataclass(frozen=True, slots=True)
class Site:
    """The book as every page names it. One value per published epoch.

    Attributes:
        base_url: Scheme and host that QR codes carry, without a slash at the end: "https://suxin.example".
        origin: Origin of the log, for example "suxin.example/demo/1".
        key_id: Key id of the genesis leaf's log key, base64url, 43 characters: it names the book for good.
        vkey: The verifier key that every checkpoint is signed with now, as a C2SP line.
        sandbox: The genesis leaf says so; every page wears a band.
        simulated: Entries with source `simulated` exist; every page wears a band.
        dataset: "olist" when the book was filled from that public data set, else "". Its origin is named in the band.
        size: Leaves of the newest checkpoint.
        epoch: Its epoch number.
        epoch_ms: Its time, Unix milliseconds.
        witnesses: Keys that have cosigned it, plain and full ones.
        full_witnesses: Those of them that the operator says are full witnesses'.
        older: Verifier keys of the log that were rotated out and still sign beside it.
    """

    base_url: str
    origin: str
    key_id: str
    vkey: str
    size: int
    epoch: int
    epoch_ms: int
    sandbox: bool = False
    simulated: bool = False
    dataset: str = ""
    witnesses: int = 0
    full_witnesses: int = 0
    older: tuple[str, ...] = ()

    @property
    def logs(self) -> str:
        """Lines of a policy that trusts this log, without the last line feed."""
        return "\n".join(f"log {vkey}" for vkey in (self.vkey, *self.older))


@dataclass(frozen=True, slots=True)
class Example:
    """A page worth opening, listed on the start page of a demo.

    Attributes:
        path: Unprefixed path.
        title: Name of the goods or the company.
        note: Why it is worth opening, in both languages, or None.
    """

    path: str
    title: Name
    note: Name | None = None


@dataclass(frozen=True, slots=True)
class HomePage:
    """The start page.

    Attributes:
        entries: Entries in the book (statements, not epoch or batch leaves).
        streams: Products, parcels and companies with entries.
        couriers: Courier companies with a file.
        examples: Pages to open, in the order to show them.
        query: What was looked up before, to be shown in the box again.
    """

    entries: int
    streams: int
    couriers: int
    examples: tuple[Example, ...] = ()
    query: str = ""


@dataclass(frozen=True, slots=True)
class ReviewsPage:
    """The ratings of one offer.

    Attributes:
        path: Unprefixed path.
        name: Name of the goods from the newest listing.
        seller: Whose offer it is.
        reviews: What they add up to.
        shown: Those of this part of the list.
        page: Which part, from 1.
        pages: How many parts.
    """

    path: str
    name: Name
    seller: Party
    reviews: OfferReviews
    shown: tuple[Opinion, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class CasesPage:
    """Complaints that were passed to the regulator.

    Attributes:
        rows: What is due soonest first.
        looked: Leaves looked through so far.
        size: Leaves of the book.
    """

    rows: tuple[CaseRow, ...]
    looked: int
    size: int
    path: str = "/regulator/cases"


@dataclass(frozen=True, slots=True)
class VerifyPage:
    """How to check. It has nothing of its own: all it names is in `Site`."""

    path: str = "/verify"


@dataclass(frozen=True, slots=True)
class LabelsPage:
    """Where a merchant makes labels. All is done in the browser; the book's name and key are in `Site`."""

    path: str = "/labels"


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """A problem in words.

    Attributes:
        status: HTTP status.
        code: Key of `ERRORS`; an unknown one is shown as `server_error` or `bad_request`, by status.
        subject: What was asked for, as typed; shown, never trusted.
    """

    status: int
    code: str
    subject: str = ""

    @property
    def words(self) -> Trouble:
        """Title, reason and remedies."""
        return ERRORS.get(self.code) or ERRORS["server_error" if self.status >= 500 else "bad_request"]

    @property
    def absence(self) -> str:
        """Path of the bundle that proves that nothing stands in the book about the subject, "" where there is none."""
        kind = {"no_such_item": "products", "no_such_waybill": "waybills"}.get(self.code, "")
        known = self.subject.startswith(("/01/", "/s/") if kind == "products" else "/w/") if kind else False
        return f"/v1/{kind}{quote(self.subject.removeprefix('/w'))}/bundle" if known else ""


@dataclass(frozen=True, slots=True)
class BulletinsPage:
    """The page of the monthly bulletins.

    Attributes:
        months: YYYY-MM and the bytes of its file, the newest first.
    """

    months: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Words of an error: what happened, why, what to do. Each is a (context, message) pair for gettext."""

    what: tuple[str, str]
    why: tuple[str, str]
    cures: tuple[tuple[str, str], ...]


_COMPARE = words("cure", "Compare what you typed with the line printed under the code, character by character.")
_OTHER_BOOK = words("cure", "If the label names another book's origin, open that book instead.")
_LATER = words("cure", "Try again in a minute. Nothing you sent was recorded unless you got a receipt.")
_HOME = words("cure", "Start again from the look-up box.")

ERRORS: Final = {
    "no_such_item": Trouble(
        words("error", "Nothing is recorded about this product"),
        words("error", "This book has no entry under this code. A label proves nothing by itself: anybody can print one."),
        (_COMPARE, _OTHER_BOOK, words("cure", "Ask the seller where this item is recorded.")),
    ),
    "no_such_waybill": Trouble(
        words("error", "Nothing is recorded about this parcel"),
        words("error", "No entry names this waybill. It may not be with the courier yet, or it stands in another book."),
        (_COMPARE, words("cure", "If the seller says that it was sent, ask for the hand-over record."), _OTHER_BOOK),
    ),
    "no_such_courier": Trouble(
        words("error", "No file for this company"),
        words("error", "No courier company with this code has an entry in this book. That is neither good nor bad."),
        (words("cure", "Look for its name in the list of courier companies."), _COMPARE),
    ),
    "no_such_page": Trouble(
        words("error", "There is no such page"),
        words("error", "The address does not belong to any product, parcel or company."),
        (_HOME,),
    ),
    "entries_private": Trouble(
        words("error", "Single entries of this book are shown to auditors only"),
        words("error", "What an entry says stands on the page of its product or parcel, and whole in the bundle."),
        (
            words("cure", "Go back to that page and download the bundle: it proves each entry that the page shows."),
            words("cure", "An auditor asks the operator for a credential."),
        ),
    ),
    "bad_code": Trouble(
        words("error", "This is not a code we can read"),
        words("error", "Products and parcels are found by code or address, courier companies by name or credit code."),
        (_COMPARE, _HOME),
    ),
    "check_digit": Trouble(
        words("error", "A digit is wrong"),
        words("error", "The code's check digit does not fit the rest of it, so at least one character was mistyped or misread."),
        (_COMPARE, words("cure", "Scan the code again in better light.")),
    ),
    "busy": Trouble(
        words("error", "Too many requests at the moment"),
        words("error", "More is being asked of the server than it can do right now. No record is lost by this."),
        (_LATER,),
    ),
    "unavailable": Trouble(
        words("error", "The book is not available right now"),
        words("error", "The server stopped itself, because it cannot tell whether its copy of the book is whole."),
        (_LATER, words("cure", "If you hold a bundle, you can check it without this server.")),
    ),
    "server_error": Trouble(
        words("error", "Something went wrong on our side"),
        words("error", "The page could not be made. The book itself is not changed by this."),
        (_LATER,),
    ),
    "bad_request": Trouble(
        words("error", "The request could not be understood"),
        words("error", "The address or the form has a part that this page does not know."),
        (_HOME,),
    ),
}
