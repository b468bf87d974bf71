"""Who is told by a push, and where: partners that use ratings, and the rated companies themselves. A file of the data folder.

The operator keeps it (`suxin courier partner`). A push says that something stands in the book and where; whoever gets it
reads the entry there and confirms in the book. Source: docs/formats/push.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Literal

import httpx
import msgspec
from msgspec import Meta, Struct

from ..courier.errors import CreditError
from ..ledger.errors import StoreError
from ..ledger.identifier import check_uscc
from ..ledger.store.files import replace_file

FILE: Final = "partners.json"  # in the data folder
PARTNERS_MAX: Final = 1_000
BYTES_MAX: Final = 1024 * 1024


class Partner(Struct, frozen=True, forbid_unknown_fields=True):
    """One address.

    Attributes:
        actor: Whose it is, `uscc:…`.
        url: Gets each push by POST.
    """

    actor: Annotated[str, Meta(pattern=r"^uscc:[0-9A-HJ-NPQRTUWXY]{18}\Z")]
    url: Annotated[str, Meta(max_length=500)]


class _Form(Struct, frozen=True, forbid_unknown_fields=True):
    partners: list[Partner]
    v: Literal[1]


def read_partners(data: Path) -> tuple[Partner, ...]:
    """The partners of a data folder; none where there is no file.

    Raises:
        StoreError: The file is none of partners, or cannot be read.
    """
    try:
        with (data / FILE).open("rb") as opened:
            return tuple(msgspec.json.decode(opened.read(BYTES_MAX + 1), type=_Form).partners)
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"{FILE} cannot be read: {error}") from error


def write_partners(data: Path, partners: Iterable[Partner]) -> None:
    """Replace the file.

    Raises:
        StoreError: It could not be written.
    """
    raw = msgspec.json.format(msgspec.json.encode(_Form(list(partners), 1)), indent=1) + b"\n"
    try:
        replace_file(data / FILE, raw)
    except OSError as error:
        raise StoreError(f"{FILE} cannot be written: {error.strerror}") from error


def with_partner(partners: Iterable[Partner], new: Partner) -> tuple[Partner, ...]:
    """The partners with one more, or with another address of one.

    Raises:
        CreditError: No such company code, no address, or too many.
    """
    check_partner(new)
    kept = tuple(one for one in partners if one.actor != new.actor)
    if len(kept) >= PARTNERS_MAX:
        raise CreditError(f"at most {PARTNERS_MAX} partners", "", FILE)
    return tuple(sorted((*kept, new), key=lambda one: one.actor))


def without_partner(partners: Iterable[Partner], actor: str) -> tuple[Partner, ...]:
    """The partners without one.

    Raises:
        CreditError: It is none.
    """
    kept = tuple(partners)
    left = tuple(one for one in kept if one.actor != actor)
    if len(left) == len(kept):
        raise CreditError("is no partner", "", actor[:60])
    return left


def check_partner(new: Partner) -> None:
    """Refuse what is no company or no address.

    Raises:
        CreditError: Which.
    """
    from ..ledger.errors import Refused

    try:
        check_uscc(new.actor.removeprefix("uscc:"), "")
    except Refused as error:
        raise CreditError(error.cause, "", "company") from error
    try:
        address = httpx.URL(new.url)
        good = address.scheme in ("http", "https") and bool(address.host) and not address.userinfo
    except httpx.InvalidURL:
        good = False
    if not good or len(new.url) > 500 or not new.url.isprintable():
        raise CreditError("is no address; write it as https://host/path, without a password", "", "address")
