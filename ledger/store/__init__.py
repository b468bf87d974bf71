"""The only place with SQL: tables, engines, append and the sequencer."""
