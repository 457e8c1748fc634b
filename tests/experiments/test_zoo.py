"""A kind that crashes its judge is counted, and the others are judged all the same."""

import os
from pathlib import Path

import experiments
from tests.corpora.zoo import judge_zoo

ZOO = """
import os
from types import SimpleNamespace
from tests.corpora.zoo import Outcome

def kinds():
    return [SimpleNamespace(name=name) for name in ("good", "abort", "wrong", "exit", "last")]

def judge(kind, folder):
    assert list(folder.iterdir()) == []
    if kind.name == "abort":
        os.abort()
    if kind.name == "exit":
        os._exit(0)
    return Outcome(kind.name, "right", "right", kind.name != "wrong")
"""


def test_a_crash_is_counted_and_survived(tmp_path, monkeypatch):
    (tmp_path / "crashing_zoo.py").write_text(ZOO)
    checkout = Path(experiments.__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(checkout), str(tmp_path)]))
    monkeypatch.syspath_prepend(tmp_path)
    outcomes = judge_zoo("crashing_zoo")
    assert [(o.kind, o.ok, o.crashed) for o in outcomes] == [
        ("good", True, False),
        ("abort", False, True),
        ("wrong", False, False),
        ("exit", False, True),
        ("last", True, False),
    ]
    assert "code -6" in outcomes[1].got
