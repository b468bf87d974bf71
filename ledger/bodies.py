"""Bodies of the registered types, as schemas that parse and bound in one go.

Every field is required unless it is `UNSET` by default; unknown fields, null, floats and
out-of-range integers are refused by the schema. No field may hold a person's name, phone,
address or free text: such a value is a commitment (`Hash`). Source: DESIGN 3.1, 3.5, 3.6.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from .limits import INTEGER_MAX
from .terms import (
    Actor,
    Category,
    Code,
    Consent,
    Count,
    Currency,
    Date,
    District,
    Grams,
    Hash,
    KeyHolder,
    Method,
    Moment,
    Place,
    Promise,
    PublicKey,
    Reason,
    Role,
    Row,
    ScanCode,
    Words,
)


class ItemBody(Row, frozen=True):
    """One unit is made or packed."""

    made_on: Date | UnsetType = UNSET
    expires_on: Date | UnsetType = UNSET
    origin: District | UnsetType = UNSET
    weight_g: Grams | UnsetType = UNSET


class ListingBody(Row, frozen=True):
    """One seller's offer of one class is opened, changed or closed."""

    event: Literal["open", "change", "close"]
    title: Words
    category: Category
    price_minor: Count
    currency: Currency
    promise: Promise | UnsetType = UNSET
    origin: District | UnsetType = UNSET
    licence: Code | UnsetType = UNSET


class SaleBody(Row, frozen=True):
    """One item is sold once; `claim` is the public half of the tear-off code's key for the item."""

    price_minor: Count
    currency: Currency
    order: Hash | UnsetType = UNSET
    claim: PublicKey | UnsetType = UNSET
    channel: Literal["shop", "platform", "live", "social", "counter"] | UnsetType = UNSET
    dispatch_by: Moment | UnsetType = UNSET
    deliver_by: Moment | UnsetType = UNSET


class ReturnBody(Row, frozen=True):
    """The item goes back to its seller."""

    reason: Literal["no_reason_7d", "damaged", "wrong_item", "not_as_described", "recall", "other"]


class RelistBody(Row, frozen=True):
    """A returned item is offered again."""

    condition: Literal["unopened", "opened", "refurbished"]


class Contents(Row, frozen=True):
    """Commitment to what is in the box: RFC 6962 root over `content_leaf(salt, item stream)`."""

    count: Annotated[int, Meta(ge=1, le=10_000)]
    root: Hash


class ConsignBody(Row, frozen=True):
    """A parcel is handed to a carrier by its shipper."""

    contents: Contents
    origin: District
    destination: District
    number: Hash | UnsetType = UNSET
    claim: PublicKey | UnsetType = UNSET
    weight_g: Grams | UnsetType = UNSET
    deliver_by: Moment | UnsetType = UNSET
    replaces: Hash | UnsetType = UNSET


class DispatchBody(Row, frozen=True):
    """One item goes into one parcel: opens its leaf of the consign's contents root."""

    consign: Hash
    piece: Annotated[int, Meta(ge=1, le=10_000)]
    pieces: Annotated[int, Meta(ge=1, le=10_000)]
    position: Annotated[int, Meta(ge=0, le=9_999)]
    salt: Hash
    path: Annotated[list[Hash], Meta(max_length=14)]


class ScanBody(Row, frozen=True):
    """One handling of one parcel, by peers.md section 2's codes."""

    code: ScanCode
    place: Place
    accepts: Hash | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET
    carrier_code: Code | UnsetType = UNSET
    time_source: Literal["device", "facility", "assumed"] | UnsetType = UNSET
    weight_g: Grams | UnsetType = UNSET
    realname_checked: bool | UnsetType = UNSET
    inspected: bool | UnsetType = UNSET
    by_air: bool | UnsetType = UNSET
    consent: Consent | UnsetType = UNSET


class DeliveryBody(Row, frozen=True):
    """Sign-off of one parcel."""

    method: Method
    place: Place
    consent: Consent | UnsetType = UNSET
    accepts: Hash | UnsetType = UNSET
    time_source: Literal["device", "facility", "assumed"] | UnsetType = UNSET


class ConfirmBody(Row, frozen=True):
    """A countersignature under another's statement."""

    kind: Literal["accepts", "received", "refuses", "approves"]
    reason: Reason | UnsetType = UNSET


class ClaimBody(Row, frozen=True):
    """The holder of the tear-off code binds a key made in her browser."""

    owner: PublicKey


class CommitmentBody(Row, frozen=True):
    """A credit commitment under the six heads; its words lie beside the book by hash."""

    heads: Annotated[
        list[Literal["lawfulness", "true_data", "price", "quality", "service", "liability"]], Meta(min_length=1, max_length=6)
    ]
    document: Hash
    promise: Promise | UnsetType = UNSET
    until: Date | UnsetType = UNSET


class Change(Row, frozen=True):
    """One corrected field: where, and what it should have been."""

    pointer: Annotated[str, Meta(pattern=r"^/body(?:/[a-z_]{1,30}){1,3}\Z")]
    value: Annotated[str, Meta(max_length=120)] | Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)] | bool


class CorrectionBody(Row, frozen=True):
    """The statement referred to was wrong; both stay on the book."""

    reason: Literal["did_not_occur", "wrong_data", "late_data"]
    changes: Annotated[list[Change], Meta(max_length=16)] | UnsetType = UNSET


class VoidBody(Row, frozen=True):
    """Closes a hole in a key's counter: number `n` of `key` was never sent, or is lost."""

    key: Hash
    n: Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
    reason: Literal["refused", "device_lost", "queue_lost"]


class MandateBody(Row, frozen=True):
    """The party lets another actor sign the named types in its name."""

    event: Literal["grant", "revoke"]
    to: Actor
    types: Annotated[list[Annotated[str, Meta(pattern=r"^[a-z]{3,20}\Z")]], Meta(min_length=1, max_length=24)]
    until: Date | UnsetType = UNSET


class ActorBody(Row, frozen=True):
    """An actor enters the book with its first key; counts once the operator or a regulator approves."""

    event: Literal["register", "change", "leave"]
    role: Role
    name: Words | UnsetType = UNSET
    brand: Words | UnsetType = UNSET
    controllers: Annotated[list[Actor], Meta(max_length=8)] | UnsetType = UNSET
    licence: Code | UnsetType = UNSET
    district: District | UnsetType = UNSET
    key: PublicKey | UnsetType = UNSET
    key_holder: KeyHolder | UnsetType = UNSET


class KeyBody(Row, frozen=True):
    """A key is added, rotated out (30 days of grace) or revoked (at once, `since` where it is known).

    With `use: "log"` it is a key of the log itself, which signs checkpoints and no statements.
    """

    event: Literal["add", "rotate", "revoke"]
    key: PublicKey
    use: Literal["log"] | UnsetType = UNSET
    since: Moment | UnsetType = UNSET
    reason: Literal["routine", "lost", "stolen", "left"] | UnsetType = UNSET
