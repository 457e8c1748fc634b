"""HTML as a tree, read strictly: what a browser would mend is an error."""

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br"}


class Element:
    """A tag with its attributes, and what it holds."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes = tag, attributes
        self.children: list[Element | str] = []

    def every(self, tag: str = "", **attributes: str) -> "list[Element]":
        """All elements below with this tag and these attributes; `class_` stands for class."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            e
            for e in self._below()
            if tag in ("", e.tag) and wanted.items() <= e.attributes.items()
        ]

    def one(self, tag: str = "", **attributes: str) -> "Element":
        """The only one."""
        (found,) = self.every(tag, **attributes)
        return found

    @property
    def text(self) -> str:
        """All text below, with single spaces."""
        pieces = (child if isinstance(child, str) else child.text for child in self.children)
        return " ".join(" ".join(pieces).split())

    def rows(self) -> list[list[str]]:
        """The cells of a table."""
        return [
            [cell.text for cell in row.children if isinstance(cell, Element)]
            for row in self.every("tr")
        ]

    def _below(self) -> "Iterator[Element]":
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child._below()


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def tree_of(page: str) -> Element:
    """The root of a page whose tags are balanced."""
    builder = _Builder()
    builder.feed(page)
    builder.close()
    (root,) = builder.open
    return root
