"""The book: statement, entry, streams, log, map, checkpoint, proofs and keys. Pure: no I/O outside `store`."""
