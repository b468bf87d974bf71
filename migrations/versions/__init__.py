"""One file a revision, in order. No revision takes entries away, and none has a downgrade."""
