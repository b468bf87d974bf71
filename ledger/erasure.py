"""Body of an `erasure`: what lay beside the book under a statement is gone, or is kept under seal until a day.

The statement stays, with its commitments, its place in the chain and its signature; what it committed to cannot be opened any
more. Source: DESIGN 3.2, 3.6; docs/formats/erasure.md.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from .limits import INTEGER_MAX
from .terms import Code, Date, Ground, Hash, Row


class ErasureBody(Row, frozen=True):
    """The values beside the statement referred to are erased; with `until`, sealed, and erased after that day.

    With `index` and `leaf`, which name the entry, bundles leave the entry itself out as well (`withholding.py`).
    """

    ground: Ground
    until: Date | UnsetType = UNSET
    basis: Code | UnsetType = UNSET
    index: Annotated[int, Meta(ge=1, le=INTEGER_MAX)] | UnsetType = UNSET
    leaf: Hash | UnsetType = UNSET
