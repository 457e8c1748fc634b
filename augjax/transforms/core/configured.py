"""What a transform is made with: its arguments, and the Python that makes it again."""

import dataclasses
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar, get_type_hints

from jaxtyping import PRNGKeyArray

from augjax.keys import same_stream, stream
from augjax.transforms.core.arguments import described, fits, given, plain
from augjax.transforms.core.factors import Bounds, Limits

Own = TypeVar("Own", bound="Configured")


def arguments(transform: Any) -> dict[str, Any]:
    """The arguments that differ from their defaults, in the order of the signature."""
    return {field.name: value for field, value in _fields(transform) if _differs(field, value)}


def python_text(transform: Any) -> str:
    """The Python that makes a transform."""
    texts, in_place = [], True
    for field, value in _fields(transform):
        if _differs(field, value):
            in_place = in_place and not field.kw_only
            texts.append(f"{'' if in_place else field.name + '='}{_text(value)}")
        else:
            in_place = False
    return f"{type(transform).__name__}({', '.join(texts)})"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configured:
    """What transforms of an image and of a batch have in common: arguments, and a name.

    Attributes:
      name: takes part in the key of every draw; by default the name of the class.
    """

    name: str | None = None

    def __new__(cls: type[Own], *args: Any, **kwargs: Any) -> Own:
        check_arguments(cls, args, kwargs)
        return object.__new__(cls)

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        """What copies and pickles call `__new__` with."""
        return (), {field.name: value for field, value in _fields(self)}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # A dataclass writes its own unless it finds one.
        if "__repr__" not in vars(cls):
            cls.__repr__ = Configured.__repr__

    def __post_init__(self) -> None:
        _check_name(self)
        hints = _hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is field.default:  # Its class knows best.
                continue
            value = plain(self, field.name, value)
            object.__setattr__(self, field.name, value)
            limits: Limits | Bounds | None = field.metadata.get("limits")
            if not fits(hint := hints.get(field.name), value):
                expected = limits.expected if isinstance(limits, Bounds) else described(hint)
                where = given(self, field.name, value)
                raise ValueError(f"{where}: expected {expected}")
            if limits and value is not None:
                limits.check(self, field.name, value)

    def __repr__(self) -> str:
        """The Python that makes it, without the arguments that are at their defaults."""
        return python_text(self)

    def range(self, argument: str) -> tuple[float, float]:
        """(lower, upper) of an argument that was declared with `ranged`."""
        limits: Limits = type(self).__dataclass_fields__[argument].metadata["limits"]
        return limits.range(self, argument, getattr(self, argument))

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.name or type(self).__name__

    @property
    def label(self) -> str:
        """The name under which draws are keyed and returned."""
        return self.title

    def own_key(self, key: PRNGKeyArray) -> PRNGKeyArray:
        """This transform's key below that of an image or a container."""
        return stream(key, self.label)


@cache
def _hints(kind: type) -> dict[str, Any]:
    try:
        return get_type_hints(kind)
    except NameError:  # Of a user's class, which names what only type checkers import.
        return {}


def check_streams(owner: Configured, labels: Iterable[str]) -> None:
    """Raises ValueError if two of the labels that `owner` holds stand for the same draws."""
    if pair := same_stream(labels):
        raise ValueError(
            f"{type(owner).__name__} holds {pair[0]!r} and {pair[1]!r}, which would draw the same "
            "(their CRC-32 are equal); rename one"
        )


def _check_name(owner: Configured) -> None:
    if owner.name is None:
        return
    try:
        owner.name.encode()
    except (AttributeError, UnicodeEncodeError) as error:
        given = f"{type(owner).__name__}(name={owner.name!a})"
        raise ValueError(f"{given}: expected text that can be encoded as UTF-8") from error


def check_arguments(kind: type, by_place: tuple[Any, ...], by_name: Iterable[str]) -> None:
    """Raises TypeError, with the arguments that there are, unless `kind` takes those given."""
    fields = _in_order([field for field in dataclasses.fields(kind) if field.init])
    names = [field.name for field in fields]
    takes = f"it takes {', '.join(names)}"
    for name in by_name:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            remedy = _REMEDIES.get(name) or (near and f"{near[0]!r} may be meant") or takes
            raise TypeError(f"{kind.__name__} has no argument {name!r}; {remedy}")
    placed = [field.name for field in fields if not field.kw_only]
    if len(by_place) > len(placed):
        listed = ", and several transforms as one list" if "transforms" in placed else ""
        raise TypeError(
            f"{kind.__name__} takes {', '.join(placed) or 'nothing'} by place, but got "
            f"{len(by_place)}; by name {takes}{listed}"
        )
    if twice := [name for name in placed[: len(by_place)] if name in by_name]:
        raise TypeError(f"{kind.__name__} got {twice[0]} by place and by name; {takes}")
    given = {*placed[: len(by_place)], *by_name}
    missing = [f.name for f in fields if f.name not in given and _is_required(f)]
    if missing:
        raise TypeError(f"{kind.__name__} needs {' and '.join(missing)}; {takes}")


_REMEDIES = {
    "p": "RandomApply(transform, p=...) applies one to some images only",
    "seed": "what is drawn follows from the key that it is called with",
    "data_format": "images are height, width, channels",
    "fill": "'fill_value' and 'fill_mode' say what is filled in",
    "padding_mode": "'fill_mode' says what is filled in",
}
"""What stands for arguments that other libraries have."""


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


def _text(value: Any) -> str:
    if isinstance(value, tuple) and value and not dataclasses.is_dataclass(value[0]):
        return f"({', '.join(map(_text, value))}{',' * (len(value) == 1)})"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_text, value))}]"
    return repr(value)


def _fields(transform: Any) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    for field in _in_order([field for field in dataclasses.fields(transform) if field.init]):
        yield field, getattr(transform, field.name)


def _in_order(fields: list[dataclasses.Field[Any]]) -> list[dataclasses.Field[Any]]:
    """As in the signature, but for the name, which comes last."""
    return sorted(fields, key=lambda field: (field.kw_only, field.name == "name"))


def _differs(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return value != field.default_factory()
    return field.default is dataclasses.MISSING or value != field.default
