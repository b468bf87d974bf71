"""Every refusal the book can give: stable code, title, cure. HTTP status codes are the API's business, not ours.

A code is for ever: it is the last part of the `type` of an RFC 9457 problem. The cause of the single case comes with
`errors.Refused`; here stands only what holds for all cases.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of refusal.

    Args:
        title: What is wrong, in one short English sentence.
        cure: What the submitter can do about it, in one English sentence.
    """

    title: str
    cure: str


PROBLEMS: dict[str, Problem] = {
    # canonical.py
    "not-json": Problem("The bytes are not one JSON text in UTF-8.", "Send one JSON value, UTF-8, without a byte order mark."),
    "not-canonical": Problem(
        "The bytes are not their own canonical form (RFC 8785).",
        "Sign and send exactly the bytes given as `canonical`.",
    ),
    "duplicate-key": Problem("An object has the same key twice.", "Keep one of the two members."),
    "float": Problem("A number has a fraction or an exponent.", "Use a scaled integer with the unit in the key, as `weight_g`."),
    "integer-range": Problem("An integer is beyond ±(2^53−1).", "Use a larger unit, or a string of digits."),
    "not-nfc": Problem("A string is not in Unicode normal form C.", "Normalise strings to NFC before signing."),
    "key-not-ascii": Problem("A key of an object is not ASCII.", "Use the key as the format page spells it."),
    "too-deep": Problem("Arrays and objects are nested too deep.", "Flatten the value."),
    "null": Problem("A value is null.", "Leave the member out."),
    # keys.py
    "key-malformed": Problem(
        "The text is not a public key.", "Send base64url of the algorithm byte and 32 bytes: 44 characters."
    ),
    "algorithm-reserved": Problem(
        "The key's algorithm is reserved, not yet accepted.", "Use an Ed25519 key (algorithm byte 01)."
    ),
    "algorithm-unknown": Problem("The key's algorithm is not known.", "Use an Ed25519 key (algorithm byte 01)."),
    "key-weak": Problem(
        "The public key is no point of the Ed25519 group that can sign.",
        "Make a new key with `suxin key new`; this one gives no security.",
    ),
    # statement.py, streams.py, identifier.py, moment.py
    "statement-too-large": Problem("The statement is longer than 16 KiB.", "Put long texts beside the book and commit to them."),
    "type-unregistered": Problem(
        "The type cannot be written to this book.", "Use a registered type; docs/formats/statement.md lists them."
    ),
    "field-unknown": Problem("The statement has a field that its type does not know.", "Leave the field out."),
    "field-missing": Problem("A required field is missing.", "Add the field; the type's page gives its bounds."),
    "field-invalid": Problem("A field's value is out of its bounds.", "Correct the value at the pointer."),
    "check-digit": Problem(
        "A number's check digit does not fit.", "Compare the number with the original; one digit or letter is wrong."
    ),
    "time-malformed": Problem("A time is not a time.", "Write YYYY-MM-DDThh:mm:ss with Z or an offset, years 2000 to 2099."),
    "actor-malformed": Problem(
        "The actor's id is not usable.", "Use uscc:, gln:, dev:, auth: or anon: with a right number or key."
    ),
    "subject-shape": Problem(
        "The statement names the wrong subjects for its type.", "Name exactly the subjects that the type asks for."
    ),
    "subject-count": Problem("The statement names too many subjects.", "Split it into several statements."),
    "subject-malformed": Problem("A subject is not well-formed.", "Correct the key at the pointer."),
    "stream-too-long": Problem("A stream id would be longer than 200 bytes.", "Use shorter serials, lots or stock numbers."),
    "ref-without-re": Problem("`ref` and `re` do not stand together.", "Send both, or neither."),
    "ref-not-allowed": Problem("This type refers to no other statement.", "Leave `ref` and `re` out."),
    "ref-missing": Problem(
        "This type refers to another statement.", "Name it in `ref` and copy its type and subjects into `re`."
    ),
    "ref-type": Problem("This type does not refer to statements of that type.", "Refer to one of the types named in the detail."),
    "re-too-deep": Problem("Too many statements refer to each other in a row.", "Refer to the first statement of the thread."),
    # leaf.py, store/workers.py
    "batch-header": Problem(
        "The batch's header is not well-formed.", "Send v, book, key, n, size, root and at; docs/formats/batch.md shows it."
    ),
    "batch-size": Problem("The header counts other rows than came.", "Send exactly `size` rows after the header."),
    "batch-root": Problem(
        "The header's root is not the root over the rows.", "Sign the RFC 6962 root over the statements' hashes, in order."
    ),
    "batch-key": Problem("A row of the batch is by another key than its header.", "Put rows of one key into one batch."),
    "batch-counter": Problem("A row's counter does not follow the header's.", "Row i of a batch has n = the header's n + i."),
    "signature-invalid": Problem(
        "The signature does not fit the key and the bytes.",
        "Sign the canonical bytes after the tag, with the key that `key` names.",
    ),
    # request.py
    "request-invalid": Problem("A parameter of the request is not understood.", "See /docs."),
    # directory.py, store/admission.py
    "book-wrong": Problem("The statement was signed for another book.", "Sign it again with this book's origin in `book`."),
    "key-unknown": Problem("No such key is registered in this book.", "Register the actor, or add the key, before it signs."),
    "key-foreign": Problem("The key belongs to another actor.", "Sign with a key of the actor named in `actor`."),
    "key-revoked": Problem("The key has been revoked.", "Sign with another key of yours."),
    "key-expired": Problem("The key was rotated out more than 30 days ago.", "Sign with your present key."),
    "bucket-crowded": Problem(
        "This actor has opened too many streams in one bucket of the map.",
        "Give serials and numbers at random or in order; so many fall together only when they are chosen to.",
    ),
    "log-key-last": Problem("The log would be left without a key that signs.", "Add a new key of the log first."),
    "log-key-rotated": Problem("The key of the log was rotated out before.", "Revoke it, if it has to go at once."),
    "log-key-remote": Problem(
        "A key of the log changes only where the log is written.", "Stop the server and use `suxin key rotate --log` beside it."
    ),
    "actor-left": Problem("The actor has left the book.", "Register anew."),
    "actor-not-approved": Problem(
        "The registration has not been countersigned yet.", "Wait until the operator or a regulator has approved it."
    ),
    "counter-used": Problem(
        "The key's counter stands in the book with other bytes.",
        "Use the next free n; if you did not sign the other statement, revoke the key.",
    ),
    "id-used": Problem("The id stands in the book with other bytes.", "Make a new UUIDv7 for a new statement."),
    "rolled-back": Problem("Another row of the all-or-nothing request was refused.", "Mend that row and send all of them again."),
    "store-refused": Problem("The database refused the row.", "Send it again later; if it stays so, tell the operator."),
    # the rules of the trade (suxin.trace)
    "no-authority": Problem(
        "The actor may not say this about that subject.",
        "Let the party sign that has the role and relation, or act under its mandate.",
    ),
    "mandate-missing": Problem(
        "The party named in `for` has given no mandate for this.", "Have the party sign a mandate that names you and the type."
    ),
    "time-ahead": Problem(
        "The claimed time is more than 5 minutes ahead of the receipt.",
        "Set the device's clock; the book's time stands in the detail.",
    ),
    "subject-unknown": Problem("Nothing about the subject stands in the book yet.", "Record the item, offer or waybill first."),
    "ref-unknown": Problem(
        "The statement referred to is not in the book.", "Check `ref`, and that `re` names the right subjects."
    ),
    "re-mismatch": Problem(
        "`re` is not a copy of what `ref` names.", "Copy type, subjects and `re` of that statement without change."
    ),
    "consign-live": Problem("The waybill has a live consign.", "Name it in `replaces`, or use a new waybill."),
    "consign-accepted": Problem(
        "The carrier has accepted the parcel under its consign.", "Leave it, and record what happened since."
    ),
    "consign-foreign": Problem("Only its shipper replaces a consign.", "Let the shipper sign."),
    "consign-unknown": Problem("The waybill has no such live consign.", "Name the hash of its live consign."),
    "contents-mismatch": Problem(
        "The dispatch does not open the parcel's contents.", "Send salt, position and path as committed in the consign."
    ),
    "piece-range": Problem("The piece is not one of the pieces.", "Count pieces from 1 to n."),
    "handover-next": Problem("A hand-over names the next waybill, and only a hand-over does.", "Add or leave out `next`."),
    "handover-same": Problem("A hand-over goes to another carrier.", "Name the other carrier's waybill in `next`."),
    "claimed-already": Problem(
        "The code was used before.", "If it was not you who used it, the label may be copied: tell the seller."
    ),
    "reviewed-already": Problem("There is a first review already.", "Write a follow-up that refers to it."),
    "review-own-house": Problem(
        "Whoever is rated does not review itself.", "Let the buyer sign, with the code that came with the goods."
    ),
    "review-thread": Problem("The review does not fit its thread.", "A follow-up refers to its author's own first review."),
    "offer-foreign": Problem(
        "The offer is not that of the item, or of its sale.",
        "Sell under an offer of the item's class; review under the offer that the item was sold under.",
    ),
    "finding-known": Problem("It stands in the book already.", "Nothing is to be done: one decision stands once."),
    "appeal-known": Problem(
        "This appeal stands in the book under another number.", "Refer to its entry: one appeal may have two numbers."
    ),
    "source-missing": Problem("Only an authority says this.", "Let it sign, or say in `source` in whose name you import it."),
    "before-licence": Problem("It speaks of a day before the company's licence.", "Correct the day, or the company's code."),
    "repair-early": Problem("The least time before a repair has not passed.", "Send it from the day that the detail names."),
    "objection-open": Problem("An objection to this waits for its decision.", "Wait for the decision; withdraw it to file anew."),
    "clock-none": Problem("No such clock runs.", "Refer to an objection that is not decided, or a repair with partners."),
    "clock-running": Problem("The clock has not run out.", "Send it again when it has."),
    "confirm-own": Problem("Nobody countersigns his own statement.", "Let the other party sign."),
    "erasure-type": Problem(
        "Nothing of that statement can be erased or withheld.",
        "See docs/formats/erasure.md for the types, and for the grounds of each.",
    ),
    "case-move": Problem(
        "The actor may not move the case to that state.", "See the table of moves in docs/formats/statement.md."
    ),
    "case-review": Problem(
        "A review is hidden or shown again, and a complaint is neither.",
        "HIDDEN and RESTORED refer to a review, all else to a complaint.",
    ),
    "case-rule": Problem("A review is hidden under a rule that is named.", "Add `rule` to HIDDEN, or leave it out elsewhere."),
    "case-outcome": Problem("A decision has an outcome, and nothing else has one.", "Add `outcome` to DECIDED, or leave it out."),
    "actor-known": Problem("The actor is registered already.", "Send `change`, or use a key statement."),
    "actor-unknown": Problem("No such actor is registered.", "Register it first."),
    "actor-role": Problem(
        "The role does not fit the actor.", "Choose the role that the kind of id allows; a role never changes."
    ),
    "key-known": Problem("The key stands in the book already.", "Make a new key."),
    # claim_code.py
    "claim-code": Problem("The text is no tear-off code.", "Type it once more as it is printed: seven groups of four."),
    # trace/link.py
    "link-malformed": Problem(
        "The text is not a GS1 Digital Link.", "Write key, qualifiers and attributes as GS1's URI syntax 1.4 asks."
    ),
}
