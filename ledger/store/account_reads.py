"""Reads of the accounts of courier companies. Writes nothing. Source: docs/formats/account.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import BigInteger, bindparam, func, select

from .lookup import Lookup, Step
from .reads import CHUNK, LogReads
from .tables import account, account_count, account_parcel, stream, stream_row


class Account(NamedTuple):
    """How far a company's account goes; what it says stands in its other two tables.

    Attributes:
        company: Number of its `c:` stream.
        position: Entries of that stream that are in it.
        size: Leaves of the log as of which it stands.
        at_ms: Time of the last of them, Unix milliseconds.
        first_ms: Claimed time of the first parcel, or None.
        last_ms: Claimed time of the last scan or sign-off, or None.
        graded: Who stands behind whom is taken in up to this size of the log.
    """

    company: int
    position: int
    size: int
    at_ms: int
    first_ms: int | None
    last_ms: int | None
    graded: int


class Carried(NamedTuple):
    """One parcel of an account.

    Attributes:
        parcel: Number of its `w:` stream.
        outcome: What became of it.
        turns_ms: Time from which on it is something else by time alone, or None.
        consign: Log index of its live consign, or None.
        consigned_ms: Claimed time of that, or None.
    """

    parcel: int
    outcome: str
    turns_ms: int | None
    consign: int | None
    consigned_ms: int | None


_ACCOUNT = select(*(column for column in account.c if column is not account.c.shard)).where(
    account.c.shard == bindparam("shard"), account.c.company == bindparam("company")
)
_PARCELS = select(*(account_parcel.c[name] for name in Carried._fields)).where(
    account_parcel.c.shard == bindparam("shard"), account_parcel.c.company == bindparam("company")
)
_DUE = _PARCELS.where(account_parcel.c.turns_ms <= bindparam("until")).order_by(account_parcel.c.turns_ms)
_AFTER = (
    _PARCELS.where(account_parcel.c.parcel > bindparam("after", type_=BigInteger))
    .order_by(account_parcel.c.parcel)
    .limit(bindparam("limit"))
)
_CONSIGNED = (
    select(account_parcel.c.consigned_ms, account_parcel.c.parcel, account_parcel.c.consign)
    .where(account_parcel.c.shard == bindparam("shard"), account_parcel.c.company == bindparam("company"))
    .where(account_parcel.c.consigned_ms.between(bindparam("first"), bindparam("last")))
    .order_by(account_parcel.c.consigned_ms.desc(), account_parcel.c.parcel.desc())
)
_COUNTS = select(account_count.c.name, account_count.c.n).where(
    account_count.c.shard == bindparam("shard"), account_count.c.company == bindparam("company")
)
_COUNTS_UNDER = _COUNTS.where(account_count.c.name >= bindparam("first"), account_count.c.name < bindparam("last"))
_NAMES = (
    select(stream.c.name, stream.c.stream_no)
    .where(stream.c.shard == bindparam("shard"), stream.c.name > bindparam("after"), stream.c.name < bindparam("until"))
    .order_by(stream.c.name)
    .limit(bindparam("limit"))
)


class AccountReads(LogReads):
    """Reads of accounts, and of the names of the streams they speak of."""

    def account(self, company: int) -> Account | None:
        """How far the account of a company goes; None before it was begun."""
        with self._source() as connection:
            row = connection.execute(_ACCOUNT, {"shard": self.shard, "company": company}).first()
        return None if row is None else Account._make(row)

    def account_companies(self) -> list[int]:
        """Every company that any of the three tables names."""
        found: set[int] = set()
        with self._source() as connection:
            for table in (account, account_parcel, account_count):
                found.update(connection.execute(select(table.c.company).where(table.c.shard == self.shard).distinct()).scalars())
        return sorted(found, key=str)

    def account_counts(self, company: int, *prefixes: str) -> dict[str, int]:
        """Counts whose names begin with one of these; all of them without any."""
        found: dict[str, int] = {}
        values: dict[str, object] = {"shard": self.shard, "company": company}
        with self._source() as connection:
            if not prefixes:
                found.update((row[0], row[1]) for row in connection.execute(_COUNTS, values))
            for prefix in prefixes:
                # A range, not LIKE, so that the primary key serves it; names are printable ASCII.
                ends = {"first": prefix, "last": f"{prefix}\x7f"}
                found.update((row[0], row[1]) for row in connection.execute(_COUNTS_UNDER, values | ends))
        return found

    def account_parcels(self, company: int, parcels: Iterable[int]) -> dict[int, Carried]:
        """These parcels of a company by number; those that are absent are left out."""
        step = Step("account_parcel", "p", f"p.shard = {self.shard} AND p.company = {int(company)} AND p.parcel = w.a")
        what = Lookup(("bigint",), (step,), ", ".join(f"p.{name}" for name in Carried._fields))
        return {row[0]: Carried._make(row) for row in self._find(what, ((parcel,) for parcel in sorted(set(parcels))))}

    def account_parcels_after(self, company: int, after: int, limit: int) -> list[Carried]:
        """The next parcels of a company in order of their numbers."""
        with self._source() as connection:
            values = {"shard": self.shard, "company": company, "after": after, "limit": limit}
            return [Carried._make(row) for row in connection.execute(_AFTER, values)]

    def account_due(self, company: int, until_ms: int) -> list[Carried]:
        """Parcels that time alone has turned into something else by a moment."""
        with self._source() as connection:
            values = {"shard": self.shard, "company": company, "until": until_ms}
            return [Carried._make(row) for row in connection.execute(_DUE, values)]

    def account_consigned(self, company: int, from_ms: int, until_ms: int) -> list[tuple[int, int]]:
        """Parcel and log index of every live consign that claims a time from `from_ms` to before `until_ms`, newest first."""
        values = {"shard": self.shard, "company": company, "first": from_ms, "last": until_ms - 1}
        with self._source() as connection:
            return [(parcel, idx) for _, parcel, idx in connection.execute(_CONSIGNED, values)]

    def streams_between(self, prefix: str, chunk: int = CHUNK) -> Iterator[list[tuple[str, int]]]:
        """Name and number of every stream whose name begins so, in order of the names, a chunk at a time."""
        after = prefix
        while True:
            values = {"shard": self.shard, "after": after, "until": f"{prefix}\x7f", "limit": chunk}
            with self._source() as connection:
                rows = [(str(row[0]), int(row[1])) for row in connection.execute(_NAMES, values)]
            if not rows:
                return
            yield rows
            after = rows[-1][0]

    def stream_names(self, numbers: Iterable[int]) -> dict[int, str]:
        """Names of streams by number; those that are absent are left out."""
        step = Step("stream", "s", f"s.shard = {self.shard} AND s.stream_no = w.a")
        return dict(self._find(Lookup(("bigint",), (step,), "s.stream_no, s.name"), ((n,) for n in sorted(set(numbers)))))

    def count_rows(self, stream_no: int, size: int) -> int:
        """Entries of a stream among the first `size` leaves."""
        query = select(func.count()).select_from(stream_row)
        query = query.where(stream_row.c.shard == self.shard, stream_row.c.stream_no == stream_no, stream_row.c.idx < size)
        with self._source() as connection:
            return int(connection.execute(query).scalar_one())
