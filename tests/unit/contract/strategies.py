"""Hypothesis strategies for the contract's messages, made from their types."""

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st
from msgspec import UNSET, inspect

from contract.messages import Location, Panic

T = TypeVar("T")

_TEXT = st.characters(exclude_categories=["Cs"])


def messages(kind: type[T]) -> st.SearchStrategy[T]:
    """Make every message of `kind` that the contract allows (texts and lists kept short)."""
    return _of(inspect.type_info(kind))


def uuids() -> st.SearchStrategy[str]:
    return st.uuids(allow_nil=False).map(str)


def devices() -> st.SearchStrategy[str]:
    word = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True)
    return word.filter(lambda text: text != "dispatch")


def panics() -> st.SearchStrategy[Panic]:
    return messages(Panic)


def locations() -> st.SearchStrategy[Location]:
    return messages(Location)


def _of(info: inspect.Type) -> st.SearchStrategy[Any]:
    made: st.SearchStrategy[Any] = _MAKERS[type(info)](info)
    return made


def _text(info: inspect.StrType) -> st.SearchStrategy[str]:
    if info.pattern is None:
        return st.text(
            _TEXT, min_size=info.min_length or 0, max_size=min(info.max_length or 40, 40)
        )
    if "{12}" in info.pattern:
        return uuids()
    if "{0,62}" in info.pattern:
        return devices()
    return st.from_regex(r"[0-9a-f]{8}", fullmatch=True)


def _struct(info: inspect.StructType) -> st.SearchStrategy[Any]:
    required = {each.name: _of(each.type) for each in info.fields if each.required}
    optional = {
        each.name: _of(each.type)
        for each in info.fields
        if not each.required and (each.default is None or each.default is UNSET)
    }
    made: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(required, optional=optional)
    return made.map(lambda values: info.cls(**values))


def _list(info: inspect.ListType) -> st.SearchStrategy[list[Any]]:
    longest = 4 if info.max_length is None else min(info.max_length, 4)
    return st.lists(_of(info.item_type), max_size=longest)


_MAKERS: dict[type[inspect.Type], Callable[[Any], st.SearchStrategy[Any]]] = {
    inspect.Metadata: lambda info: _of(info.type),
    inspect.BoolType: lambda _: st.booleans(),
    inspect.NoneType: lambda _: st.none(),
    inspect.IntType: lambda info: st.integers(info.ge or 0, info.le or 2**53),
    inspect.FloatType: lambda info: st.floats(
        info.ge, info.le, allow_nan=False, allow_infinity=False
    ),
    inspect.LiteralType: lambda info: st.sampled_from(info.values),
    inspect.StrType: _text,
    inspect.UnionType: lambda info: st.one_of(*map(_of, info.types)),
    inspect.ListType: _list,
    inspect.TupleType: lambda info: st.tuples(*map(_of, info.item_types)),
    inspect.DictType: lambda info: st.dictionaries(
        _of(info.key_type), _of(info.value_type), max_size=4
    ),
    inspect.StructType: _struct,
}
