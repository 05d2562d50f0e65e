"""The rules of the border, as DESIGN.md's "Import is the border" states them, each with the words that its errors use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    sentence: str
    message: str  # a regular expression, searched in lower case


RULES = {
    "released": Rule("release is set, on every struct", r"released|consumed|release"),
    "format-set": Rule("format is set", r"format"),
    "format-utf8": Rule("format is UTF-8", r"format|utf-8"),
    "format-known": Rule("format is one that the specification knows", r"format|type"),
    "format-parameters": Rule(
        "the parameters of a format parse and are in range", r"format|precision|width|size|unit|type|scale"
    ),
    "names": Rule("names are UTF-8", r"name|utf-8"),
    "child-count": Rule("child counts are exact for the type", r"child|dictionary|field|entries|struct|key"),
    "child-pointers": Rule(
        "the children's pointers are set, and lead to trees", r"child|null|released|deep|depth|nest|field"
    ),
    "buffer-count": Rule("buffer counts are exact for the type", r"buffer"),
    "buffer-pointers": Rule("the table of buffers is set", r"buffer"),
    "length-sign": Rule("lengths and offsets are non-negative", r"length|offset|negative"),
    "length-overflow": Rule("sums and products of lengths don't overflow", r"length|offset|overflow|large|long|bytes"),
    "depth": Rule("depth is at most 128", r"deep|depth|nest"),
    "metadata": Rule("metadata lengths are at most 16 MiB", r"metadata"),
    "null-buffer": Rule("null pointers only where the size is zero", r"null|missing|buffer|not set"),
    "null-validity": Rule("a null validity bitmap only with null_count 0 or -1", r"validity|null_count|bitmap"),
    "null-count": Rule("null counts are recounted, never believed", r"null_count|null count"),
    "children-long-enough": Rule("children are as long as their parent needs", r"child|short|length|long|values|field"),
    "offsets": Rule("offsets start at 0 or later, ascend, and end within the child", r"offset"),
    "views": Rule("views lie within their buffers", r"view|buffer"),
    "list-views": Rule("list views lie within the child", r"view|offset|size"),
    "dictionary-pair": Rule(
        "a dictionary is there exactly where the schema says so, on integer indexes", r"dictionary|index|released"
    ),
    "dictionary-index": Rule("dictionary indexes are in range where valid", r"index|dictionary|code"),
    "run-ends": Rule("run ends are positive, ascending, covering, and never null", r"run"),
    "union-ids": Rule("union type ids are declared", r"type id|union|type_id"),
    "union-offsets": Rule("dense union offsets lie within the child", r"offset|union|child"),
    "utf8": Rule("UTF-8 is checked where text is handed out", r"utf-8"),
    "capsule": Rule("a capsule has the right name and was not used before", r"capsule|used|consumed|released|tuple"),
    "protocol": Rule(
        "what a producer raises passes through; what isn't an answer is refused", r"__arrow_c_|capsule|tuple|producer"
    ),
    "stream": Rule(
        "a stream's failure is an error with its own message, never a short result",
        r"stream|batch|chunk|disk|producer|schema|released",
    ),
    "device": Rule("only memory of the CPU is read", r"device|cuda|cpu"),
    "anything": Rule("whatever the bytes, memory that isn't there is never read", ""),
    "extension": Rule(
        "an extension's metadata fits its storage", r"tensor|bool8|uuid|shape|permutation|metadata|json|storage"
    ),
}
