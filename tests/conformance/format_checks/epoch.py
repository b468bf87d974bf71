"""docs/formats/epoch.md."""

from __future__ import annotations

from collections.abc import Mapping

from suxin.ledger.epoch import decode_epoch, encode_epoch, verify_place


def example(text: str, _: Mapping[str, str]) -> None:
    leaf = text.rstrip("\n").encode()
    epoch = decode_epoch(leaf)
    assert encode_epoch(epoch) == leaf
    verify_place(epoch, 7)
    assert (epoch.number, epoch.first, epoch.last, epoch.previous) == (2, 5, 6, 4)


CHECKS = {"epoch.example": example}
