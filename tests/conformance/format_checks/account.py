"""What docs/formats/account.md shows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from fakes.tale import DAY, HOUR, Tale

from suxin.courier.account import counted_as, fold
from suxin.ledger.moment import moment_text


def example(text: str, _blocks: Mapping[str, str]) -> None:
    """Two parcels: one signed off five hours late, one that nobody scanned for a day."""
    shown = json.loads(text)
    tale = Tale()
    shop, courier = tale.firm("merchant"), tale.firm("courier")
    late, *_ = tale.consign(shop, courier, "late", body={"deliver_by": moment_text(tale.now + 40 * HOUR)})
    tale.consign(shop, courier, "new")
    tale.scan(courier, late, "PICKED_UP")
    tale.now += 45 * HOUR
    tale.deliver(courier, late, "locker", body={"consent": "this_parcel"})
    uscc = courier.actor[5:]
    entries = tale.read([f"c:{uscc}"])[f"c:{uscc}"]
    folded = fold(uscc, entries, lambda _entry: True, tale.directory, tale.now)
    assert [list(kept) for kept in folded.parcels.values()] == [row[1:] for row in shown["account_parcel"]]
    counts = Counter(folded.counts)
    for kept in folded.parcels.values():
        counts.update(counted_as(kept.outcome))
    assert dict(counts) == shown["account_count"]
    turned = fold(uscc, entries, lambda _entry: True, tale.directory, tale.now + DAY).parcels
    assert turned[f"{uscc}/{'new'.ljust(22, '0')}"] == folded.parcels[f"{uscc}/{'new'.ljust(22, '0')}"].turned()


CHECKS = {"account.example": example}
