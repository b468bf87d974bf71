"""One file for each step of the schema, in order; a step that loses entries has no way back."""
