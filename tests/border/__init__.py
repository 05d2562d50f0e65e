"""The border, from the outside: producers made by hand that break the Arrow specification, or stretch it."""
