"""The oracle of the gold files: their integration JSON, and what SPEC.md makes of it. Neither asks pyarrow or arrownd."""
