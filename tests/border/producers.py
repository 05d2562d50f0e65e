"""Objects with the methods of the Arrow PyCapsule interface, laid down from recipes, that count their releases."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from . import cstructs
from .cstructs import ArrowArray, ArrowArrayStream, ArrowDeviceArray, ArrowSchema, address_of, capsule
from .memory import lay_down
from .recipes import Recipe, encode_metadata


@dataclass
class Ledger:
    """What a producer handed out: each struct is live until its release callback is called, which must happen once."""

    made: int = 0
    live: dict[int, str] = field(default_factory=dict)

    def alive(self, kind: str = "") -> list[str]:
        """Paths of what isn't released yet, such as ``"array.x"``."""
        return sorted(path for path in self.live.values() if path.startswith(kind))


_LIVE: dict[int, Node] = {}  # by private_data; what keeps the memory alive, as the C interface wants
_ids = count(1)
released_twice: list[int] = []  # release callbacks called for a struct that was released already


class Node:
    """One raw struct: an array, a schema or a stream, with all that it points to."""

    def __init__(self, struct: ctypes.Structure, path: str, ledger: Ledger) -> None:
        self.struct, self.path, self.ledger = struct, path, ledger
        self.id = next(_ids)
        self.owned: list = []  # memory to be made unusable at release
        self.buffers: list[int | None] = []  # an array's buffers by address
        self.below: list[Node] = []  # children and dictionary, whatever the struct says
        struct.private_data = self.id

    def enter(self) -> None:
        """From now on the release of this node, and of those below, is expected; without a release callback it never comes."""
        pending = [self]
        while pending:
            node = pending.pop()
            if node.struct.release:
                _LIVE[node.id] = node
                node.ledger.live[node.id] = node.path
                node.ledger.made += 1
                pending += node.below

    def own(self, data: object, guard: bool = False) -> int | None:
        if data is None or isinstance(data, int):
            return data
        memory = lay_down(data, guard)  # type: ignore[arg-type]
        self.owned.append(memory)
        return memory.address

    def abandon(self) -> None:
        if self.struct.release:
            _release(self.struct)


def _release(struct: ctypes.Structure) -> None:
    # Without recursion: nesting may be deep. What was moved out (its release is null here) has a life of its own.
    node = _LIVE.get(struct.private_data or 0)
    struct.release = None
    if node is None:
        released_twice.append(struct.private_data or 0)
        return
    pending = [node]
    while pending:
        node = pending.pop()
        node.struct.release = None
        del _LIVE[node.id], node.ledger.live[node.id]
        for memory in node.owned:
            memory.kill()
        pending += [child for child in node.below if child.struct.release and child.id in _LIVE]


def _callback(struct_type: type) -> Callable:
    @cstructs.ReleaseCallback
    def release(address: int) -> None:
        _release(struct_type.from_address(address))

    return release


_RELEASE = {kind: _callback(kind) for kind in (ArrowSchema, ArrowArray, ArrowArrayStream)}
_RELEASE_AT = {kind: address_of(callback) for kind, callback in _RELEASE.items()}


def pack_pointers(addresses: Sequence[int | None]) -> bytes:
    return b"".join((address or 0).to_bytes(8, sys.byteorder) for address in addresses)


def c_string(text: str | bytes | None) -> bytes | None:
    return None if text is None else (text.encode() if isinstance(text, str) else text) + b"\0"


def _fill_schema(node: Node, recipe: Recipe, guard: bool) -> None:
    metadata = encode_metadata(recipe.metadata) if isinstance(recipe.metadata, dict) else recipe.metadata
    node.struct.format = node.own(c_string(recipe.format))
    node.struct.name = node.own(c_string(recipe.name))
    node.struct.metadata = node.own(metadata, guard)
    node.struct.flags = recipe.flags


def _fill_array(node: Node, recipe: Recipe, guard: bool) -> None:
    node.struct.length, node.struct.null_count, node.struct.offset = recipe.length, recipe.null_count, recipe.offset
    node.struct.n_buffers = len(recipe.buffers)
    node.buffers = [node.own(data, guard) for data in recipe.buffers]
    node.struct.buffers = node.own(pack_pointers(node.buffers), guard)


_FILL = {ArrowSchema: _fill_schema, ArrowArray: _fill_array}


def lay_out(recipe: Recipe, kind: type, ledger: Ledger, guard: bool = False) -> Node:
    """The structs of a whole recipe (iteratively: it may be nested deep)."""
    order: list[tuple[Recipe, str, list[int]]] = []
    pending: list[tuple[Recipe, str, int]] = [(recipe, "array" if kind is ArrowArray else "schema", -1)]
    while pending:
        part, path, parent = pending.pop()
        index = len(order)
        order.append((part, path, []))
        if parent >= 0:
            order[parent][2].append(index)
        inside = [(child, f"{path}.{child.name}" if len(path) < 200 else path, index) for child in part.children]
        if part.dictionary is not None:
            inside.append((part.dictionary, path + ".dictionary", index))
        pending += reversed(inside)
    nodes: list[Node | None] = [None] * len(order)
    for index in reversed(range(len(order))):
        part, path, below = order[index]
        node = Node(kind(), path, ledger)
        node.below = [nodes[at] for at in below]  # type: ignore[misc]
        children = node.below[: len(part.children)]
        dictionary = node.below[-1] if part.dictionary is not None else None
        _FILL[kind](node, part, guard)
        _connect(node, part.array if kind is ArrowArray else part.schema, children, dictionary, guard)
        nodes[index] = node
    root = nodes[0]
    assert root is not None
    return root


def _connect(node: Node, overrides: dict, children: list[Node], dictionary: Node | None, guard: bool) -> None:
    targets = [ctypes.addressof(child.struct) for child in children]
    chosen = overrides.get("child_pointers", range(len(targets)))
    named = {None: None, "self": ctypes.addressof(node.struct)}
    node.struct.n_children = len(chosen)
    pointers = [named[at] if at in named else targets[at] for at in chosen]
    node.struct.children = node.own(pack_pointers(pointers), guard) if chosen else None
    node.struct.dictionary = None if dictionary is None else ctypes.addressof(dictionary.struct)
    node.struct.release = _RELEASE_AT[type(node.struct)]
    for key, value in overrides.items():
        if key != "child_pointers":
            setattr(node.struct, key, value)


class Producer:
    """What all producers share: a ledger, and the last structs that were handed out."""

    def __init__(self, recipe: Recipe, *, guard: bool = False) -> None:
        self.recipe, self.guard, self.ledger = recipe, guard, Ledger()
        self.array: Node | None = None

    def let_go(self) -> None:
        """Gives up the capsules that the producer itself holds, if it does."""

    def node(self, kind: type, recipe: Recipe | None = None) -> Node:
        node = lay_out(recipe or self.recipe, kind, self.ledger, self.guard)
        node.enter()
        return node


class SchemaProducer(Producer):
    def __arrow_c_schema__(self) -> object:
        return capsule(b"arrow_schema", self.node(ArrowSchema))


class ArrayProducer(Producer):
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        self.array = self.node(ArrowArray)
        return capsule(b"arrow_schema", self.node(ArrowSchema)), capsule(b"arrow_array", self.array)


class DeviceNode:
    """A device array around an array's node; ``struct`` is what the capsule points to."""

    def __init__(self, node: Node, device_type: int, device_id: int) -> None:
        self.struct = ArrowDeviceArray(device_id=device_id, device_type=device_type)
        ctypes.memmove(ctypes.addressof(self.struct), ctypes.addressof(node.struct), ctypes.sizeof(ArrowArray))
        node.struct.release = None  # moved

    def abandon(self) -> None:
        if self.struct.array.release:
            _release(self.struct.array)


class DeviceProducer(Producer):
    def __init__(self, recipe: Recipe, device_type: int, device_id: int = -1, *, guard: bool = False) -> None:
        super().__init__(recipe, guard=guard)
        self.device = device_type, device_id

    def __arrow_c_device_array__(self, requested_schema: object = None, **kwargs: object) -> tuple[object, object]:
        self.array = self.node(ArrowArray)
        device = DeviceNode(self.array, *self.device)
        return capsule(b"arrow_schema", self.node(ArrowSchema)), capsule(b"arrow_device_array", device)
