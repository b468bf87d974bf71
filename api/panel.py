"""Words of the proof panel once a script runs: what it found, in each state. They travel inside the script, never in the page."""

from __future__ import annotations

from typing import Final

from .words import words

PANEL: Final = {
    "wait": words("panel", "Being checked on this device…"),
    "wait-lead": words("panel", "You can read on. The result will stand here."),
    "ok": words("panel", "Checked on this device: recorded and unaltered"),
    "ok-lead": words(
        "panel",
        "What this page shows was made again on this device from the signed entries, and it is the same.",
    ),
    "as-of": words("panel", "Holds, as of {time}"),
    "as-of-lead": words(
        "panel",
        "What this page shows is what the signed entries say, but the state of the book is not of now. Newer "
        "entries may be missing, a recall for example.",
    ),
    "open": words("panel", "Could not be checked in full"),
    "open-lead": words(
        "panel",
        "What this page shows is what its entries say, but not every result could be reached. See below.",
    ),
    "unknown": words(
        "panel",
        "The policy does not know this book, so nothing of it is shown as right. Its key has to come from a source you trust.",
    ),
    "fail": words("panel", "Check failed"),
    "fail-page": words("panel", "Check failed: this page does not show what the book proves"),
    "fail-lead": words(
        "panel",
        "Do not rely on this page. Download the bundle and keep it, look at the page again later or from "
        "another network, and tell the seller or the regulator.",
    ),
    "none": words("panel", "Not checked on this device"),
    "no-bundle": words(
        "panel",
        "The server did not hand out what is needed to check this page. Everything on it is this server's word.",
    ),
    "unsupported": words(
        "panel",
        "This browser cannot check signatures, so nothing was checked. Take a newer browser, or the program.",
    ),
    "bad-policy": words("panel", "The policy of this site could not be read, so nothing was checked."),
    "trouble": words("panel", "The script came upon something it does not understand, so the page is not shown as right."),
    "moved": words(
        "panel",
        "The book has moved on since this page was made (from epoch {old} to {new}). What the page showed was"
        " compared as of then; the record below was then made anew on this device from the newer state.",
    ),
    "policy": words("panel", "By this site's own policy, as it was at your first visit."),
    "policy-changed": words(
        "panel",
        "This site's policy has changed since your first visit. The first one is still used; the page on "
        "checking lets you take the new one.",
    ),
    "sandbox": words("panel", "This is a sandbox book: no record in it stands for a real trade."),
    "stated": words(
        "panel",
        "Order, on record and every entry is here: the operator states this; not yet checked by an independent auditor.",
    ),
    "complete": words("panel", "Every entry about it is here; it does not show what nobody entered."),
    "lot": words("panel", "Its lot is not known, so recalls of a lot cannot be checked."),
    "outside": words(
        "panel",
        "Not compared: the frame of the page above and below, and the server's own counts, which are marked.",
    ),
    "stated-short": words("panel", "as the operator states"),
    "r-book": words("panel", "The same book"),
    "book-first": words("panel", "first visit; compared from the next one on"),
    "book-same": words("panel", "the one seen on {time}"),
    "book-grown": words("panel", "begins with all {before} leaves seen on {time}, now {size}"),
    "book-open": words("panel", "could not be compared with what this browser saw before"),
    "book-fork": words("panel", "This is not the book that this browser saw before: two states of one size were signed."),
    "book-back": words("panel", "The site shows an older state than this browser has seen: entries are missing at its end."),
    "book-broken": words("panel", "What this site shows does not continue the book that this browser saw before."),
    "book-kept": words("panel", "On {time} this browser found a contradiction in this book and kept the signed evidence."),
    "book-save": words("panel", "Save the evidence"),
    "r-page": words("panel", "This page"),
    "r-signatures": words("panel", "Signatures"),
    "r-order": words("panel", "Order"),
    "r-on_record": words("panel", "On record"),
    "r-complete": words("panel", "Every entry is here"),
    "r-withheld": words("panel", "Withheld by law"),
    "r-current": words("panel", "How current"),
    "r-witnesses": words("panel", "Witnesses"),
    "holds": words("panel", "holds"),
    "fails": words("panel", "does not hold"),
    "could-not": words("panel", "could not be said"),
    "not": words("panel", "not checked"),
    "same": words("panel", "shows what was proved"),
    "n-signed": words("panel", "{entries} entries, {keys} keys"),
    "n-withheld": words("panel", "{n} entries"),
    "n-witnesses": words("panel", "{n}, full among them: {full}"),
    "row-changed": words("panel", "Entry {index} (row {row} of the record) is not shown as it was recorded."),
    "row-added": words("panel", "The page shows an entry {index} (row {row}) that does not stand there in the record."),
    "row-missing": words("panel", "Entry {index}, which belongs to row {row} of the record, is missing from the page."),
    "row-moved": words("panel", "Entry {index} (row {row} of the record) does not stand in its place."),
    "row-hidden": words("panel", "Entry {index} (row {row} of the record) is hidden from view."),
    "part-changed": words("panel", "The part “{part}” is not shown as it was recorded."),
    "part-hidden": words("panel", "The part “{part}” is hidden from view."),
    "qr": words("panel", "The printed code leads to {found}, not to this page at {due}."),
    "qr-none": words("panel", "The printed code could not be read."),
    "subject": words("panel", "The server gave the bundle of something else: {found}."),
    "gone": words("panel", "The book has no entry about this, though the page shows some."),
    "frame": words("panel", "Something beside the record lies over the page or does not belong to it."),
    "title": words("panel", "The title of the page is not that of the record."),
    "language": words("panel", "The page names another language than its address."),
    "ahead": words("panel", "The page says that it shows a newer state of the book than the one that could be proved."),
    "shown": words("panel", "Shown"),
    "proved": words("panel", "Proved"),
    "nothing": words("panel", "nothing"),
    "entry": words("panel", "entry {index}"),
    "bundle": words("panel", "Download the bundle"),
    "how": words("panel", "How to check"),
    "details": words("panel", "What was checked"),
    "state": words("panel", "State of the book"),
    "state-of": words("panel", "epoch {epoch}, {size} leaves, {time}"),
    "book": words("panel", "Book"),
    "results": words("panel", "Results"),
    "limits": words(
        "panel",
        "A passed check says: recorded and unaltered. It does not say that what was recorded is true, and it "
        "does not show what nobody entered.",
    ),
}
