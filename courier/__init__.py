"""A courier company's file: facts first, later its service rating."""
