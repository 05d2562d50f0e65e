"""The column `ours` of the shared benchmark for the half that exists: Arrow to NumPy."""

from arrownd import to_numpy  # noqa: F401  the benchmark calls it directly

WORDS = {"2d": {}, "object": {"lists": "object"}, "padded": {"lists": "pad"}, "structured": {"structured": True}}


def bench_kw(job, kw):
    """The benchmark's words for the wanted result, in arrownd's."""
    kw = dict(kw)
    layout = kw.pop("layout", None)
    if layout is not None and layout != "table":
        kw.update(WORDS[layout])
    return kw
