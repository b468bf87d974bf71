"""Every bound of the book, with its unit and its reason."""

from __future__ import annotations

STATEMENT_BYTES_MAX = 16 * 1024  # one statement; DESIGN 3.1
LEAF_BYTES_MAX = 65_535  # C2SP tlog-tiles entry bundles carry a u16 length
INTEGER_MAX = 2**53 - 1  # what every language's number holds exactly
DEPTH_MAX = 12  # nesting of a statement; the deepest registered one has 6
STREAM_ID_BYTES_MAX = 200  # DESIGN 3.2
SUBJECTS_MAX = 4  # streams named by one statement; bounds a bundle's closure
EVIDENCE_MAX = 16  # evidence files named by one statement
BATCH_ROWS_MAX = 1_000  # rows under one signature; their refused hashes must fit one leaf
POST_ROWS_MAX = 5_000  # rows of one NDJSON body
POST_BYTES_MAX = 8 * 1024 * 1024  # one NDJSON body, after decompression
EVENT_BYTES_MAX = 64 * 1024  # one JSON event with its openings
FUTURE_MS_MAX = 5 * 60 * 1000  # a claimed time may lead the receipt by this much
ROTATE_GRACE_MS = 30 * 24 * 3600 * 1000  # a rotated key still signs for offline queues
TREE_HEIGHT_MAX = 63  # levels of a log
MAP_DEPTH_MAX = 32  # bits that may name a bucket
MAP_DEPTH_DEFAULT = 17  # 131,072 buckets: 8 records each at a planned million streams
BUCKET_CROWDED_MIN = 64  # records: a bucket with as many, and that many times the mean, is no chance: it is crowded
BUCKET_CROWDED_MEANS = 8  # means; with a mean of 8 chance makes one such bucket in 10^35
BUCKET_STREAMS_MAX = 64  # streams that one actor may open in a bucket while it is crowded; it costs each reader six hashes
BUCKET_SHARES_MAX = 50_000  # (actor, crowded bucket) that are counted: about 10 MB; the one not used for longest is forgotten
NOTE_BYTES_MAX = 64 * 1024  # a checkpoint with many cosignatures
NOTE_SIGNATURES_MAX = 100  # C2SP asks for at least 16
EPOCH_INTERVAL_MS = 200  # least time between epochs under load
HEARTBEAT_MS = 60_000  # an idle book still shows that it lives
DISK_FREE_BYTES_MIN = 256 * 1024 * 1024  # below it rows are answered 503: a database that runs full itself stops less gently
QUEUE_ROWS_MAX = 20_000  # rows that wait for the sequencer; more is answered 503
GROUP_ROWS_MAX = 6_000  # rows of one transaction
BUNDLE_BYTES_MAX = 8 * 1024 * 1024  # one bundle; a phone reads it whole
BUNDLE_ENTRIES_MAX = 10_000  # entries of a bundle, withheld ones included; each costs a signature check
BUNDLE_STREAMS_MAX = 2_000  # streams of a bundle, absent ones included; a story has no more
BUNDLE_LISTED_MAX = 50_000  # indexes in all streams of a bundle; each costs two hashes of its chain
BUNDLE_DEPTH_MAX = DEPTH_MAX + 4  # a statement in a leaf in a pair in a list in a bundle
BUNDLE_HINT_CHARS_MAX = 1_000  # one verifier key; a hint is never trusted
UPDATE_ENTRIES_MAX = 20_000  # entries of an update's range; one epoch has at most 6,000
UPDATE_LEAVES_MAX = 60_000  # leaves of it, batch and epoch leaves included: six weeks of a book that is idle
UPDATE_STREAMS_MAX = 60_000  # streams that one update says have grown; a group of 6,000 entries names fewer
UPDATE_BYTES_MAX = 64 * 1024 * 1024  # one update; the widest range takes about 40 MB at planned fill
UPDATE_DEPTH_MAX = 8  # a hash in a list in a batch leaf in a pair in a list in an update
CURRENT_MS_MAX = 180 * 1000  # an epoch this far from the reader's clock, either way, is "now"
COSIGNATURE_AGE_MS_MAX = 10 * 60 * 1000  # a cosignature this old still says "now"
CALENDAR_MS_MAX = 253_402_300_799_999  # end of the year 9999, where calendars of programming languages end
