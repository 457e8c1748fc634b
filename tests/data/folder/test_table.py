"""Tables of labelled images; `tests/corpora/table_zoo.py` has more kinds."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augjax.data.folder.scan import NO_FILE
from augjax.data.folder.table import is_table, read_table
from augjax.errors import InputError

NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda name: name.strip() and name not in (".", ".."))
ROWS = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join),
    st.tuples(NAMES, st.sampled_from(["train", "valid", "test"])),
    min_size=1,
    max_size=10,
)


def as_csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_jsonl(rows: list[dict[str, str]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@given(rows=ROWS, mark=st.booleans())
def test_paths_and_labels_are_read_as_they_are(tmp_path_factory, suffix, rows, mark):
    """Newlines, quotes, commas, formulas, emoji: whatever text there is."""
    write = as_csv if suffix == ".csv" else as_jsonl
    given = [{"path": p, "label": label, "split": s} for p, (label, s) in rows.items()]
    table = tmp_path_factory.mktemp("table") / f"table{suffix}"
    table.write_bytes(write(given).encode("utf-8-sig" if mark else "utf-8"))
    found = read_table(table, where="table", skip_missing=True)
    read = {
        file.path: (split.class_names[file.label], name)
        for name, split in found.items()
        for file in split.files
    }
    assert read == rows
    assert all(file.reason == NO_FILE for split in found.values() for file in split.files)
    for split in found.values():
        assert list(split.class_names) == sorted(split.class_names)
        assert list(split.files) == sorted(split.files, key=lambda file: (file.label, file.path))


def test_one_file_by_many_names_is_one_path(tmp_path):
    paths = ["a/b.png", "a//b.png", "./a/b.png", "a/../a/b.png", f"{tmp_path}/a/b.png"]
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    paths.append(f"{tmp_path}/link/a/b.png")  # The folder by a name that the table is opened by.
    table = tmp_path / "link/t.csv"
    table.write_text(as_csv([{"path": path, "label": "x"} for path in paths]))
    with pytest.raises(InputError, match="cannot use 6 of 6 rows") as error:
        read_table(table, where="t.csv", skip_missing=True)
    assert error.value.details == (
        "line 2: a/b.png: no such file",
        *(f"line {line}: a/b.png: the path of line 2 again" for line in range(3, 8)),
    )


def test_lines_are_those_of_the_file(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text('path,label\n"a\nb.png",x\n\n"c\n\n.png",\nd.png,y\n')
    with pytest.raises(InputError, match="cannot use 3 of 3 rows") as error:
        read_table(table, where="t.csv")
    assert error.value.details == (
        r"line 2: a\nb.png: no such file",
        "line 5: it has no label",
        "line 8: d.png: no such file",
    )


def test_what_is_a_table(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    names = {"a.csv": True, "a.JSONL": True, "a.json": False, "csv": False, "folder.csv": False}
    assert {name: is_table(tmp_path / name) for name in names} == names
    assert is_table("a.csv") and not is_table(Path("a"))


def test_a_table_beyond_all_measure(tmp_path):
    with (tmp_path / "t.csv").open("wb") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(InputError, match=r"t\.csv: cannot read it: too long"):
        read_table(tmp_path / "t.csv", where="t.csv")
