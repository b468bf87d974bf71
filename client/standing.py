"""Whether an entry went into every stream it names: what only those see who know its body, and so its author.

A receipt proves that an entry is in the log. An operator who leaves it out of a stream, of the carrier's or the product's,
is seen by a full witness, and by the author himself with the update of the entry's epoch. Pure: bytes and values in,
values out. Source: docs/formats/update.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ledger.checkpoint import open_checkpoint
from ..ledger.epoch import Epoch
from ..ledger.errors import VerificationError
from ..ledger.note import VerifierKey
from ..ledger.update import parse_update
from ..ledger.update_verify import left_out, verify_update
from .errors import ReceiptInvalid
from .receipt import Receipt, RowsReceipt
from .statement import Signed, SignedBatch


def check_standing(answer: bytes, receipt: Receipt | RowsReceipt, sent: Sequence[Signed] | SignedBatch, log: VerifierKey) -> int:
    """Check the update of a receipt's epoch: every recorded statement stands in all its streams.

    Args:
        answer: The update from the epoch before to the receipt's own.
        receipt: What the book answered to the statements, already checked.
        sent: The statements, as they were posted.
        log: The log's key.

    Returns:
        How many entries were checked.

    Raises:
        ReceiptInvalid: `entry-left-out`, or the reason why the update does not hold.
        ValueError: Not as many statements as the receipt has rows.
    """
    statements = list(sent.statements) if isinstance(sent, SignedBatch) else [signed.statement for signed in sent]
    if isinstance(receipt, Receipt):
        recorded = list(zip([receipt.index], statements, strict=True))
    else:
        pairs = zip(receipt.rows, statements, strict=True)
        recorded = [(row.index or 0, one) for row, one in pairs if row.outcome == "recorded"]
    try:
        update = parse_update(answer)
        newer = open_checkpoint(receipt.checkpoint, log.name, log.public)
        older = update.shown[0].leaf
        # What the older map was is not asked here: what counts is that the newer one holds these entries.
        step = verify_update(update, older.map_root if isinstance(older, Epoch) else b"", newer)
        for index, statement in recorded:
            missing = left_out(step, index, statement.streams)
            if missing:
                kinds = ", ".join(sorted({name[:2] for name in missing}))
                raise VerificationError("entry-left-out", f"not in its stream {kinds}", index)
    except VerificationError as error:
        raise ReceiptInvalid(error.code, error.detail, answer) from error
    return len(recorded)
