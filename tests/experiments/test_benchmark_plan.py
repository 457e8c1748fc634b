"""The plan on paper: its arithmetic by hand, and that what it counts on is the code's."""

import json

import numpy as np
import pytest

from augjax import files
from augjax.errors import InputError
from experiments.benchmark import plan
from experiments.benchmark.config import Config, Scenario
from experiments.benchmark.plan import COSTS, GROWTH, LIMITS, Cost

FOUR = Scenario(
    hosts=4, images=1000, bytes_per_image=50, devices_per_host=2, batch_size=64, parameters=10
)
UNITS = {cost.of: 0.0 for cost in COSTS}


@pytest.mark.parametrize(
    ("grows", "on_four", "on_one"),
    [
        ("images", 1000, 1_000_000),
        ("images, with several hosts", 1000, 0),
        ("images / hosts", 250, 1_000_000),
        ("images / hosts, with several", 250, 0),
        ("batch / hosts", 16, 16),
        ("hosts, with several", 4, 0),
        ("parameters", 10, 10),
        ("parameters, with several hosts", 10, 0),
        ("parameters x 2 (hosts - 1) / hosts", 15, 0),
        ("devices of a host", 2, 0),
    ],
)
def test_what_a_host_has_to_do_with(grows, on_four, on_one):
    assert GROWTH[grows](FOUR) == on_four
    assert GROWTH[grows](FOUR.on_one_host) == on_one


def test_every_way_to_grow_is_tried_above():
    assert {cost.grows for cost in COSTS} == GROWTH.keys()


def test_a_thousand_million_images_by_hand():
    units = UNITS | plan.BY_FORMULA | {"order, B": 8.0, "file, B": 110_000.0}
    told = {(c.what, c.when): c.amount(units, Scenario()) for c in COSTS}
    assert told["an epoch's order", plan.MEMORY] == 8e9
    assert told["files read", plan.EPOCH] == 1.1e11
    assert told["the vote", plan.STEP] == 32
    assert told["gradients sent", plan.STEP] == pytest.approx(2 * 0.999 * 25.6e6 * 4)


@pytest.mark.parametrize(
    ("amount", "unit", "told"),
    [
        (0, "B", "0"),
        (999, "B", "999 B"),
        (8e9, "B", "8 GB"),
        (1.5e16, "B", "15 PB"),
        (3e-10, "s", "0.3 ns"),
        (5.4e-6, "s", "5.4 µs"),
        (90, "s", "1.5 min"),
        (5400, "s", "1.5 h"),
    ],
)
def test_quantities(amount, unit, told):
    assert plan.quantity(amount, unit) == told


def test_where_it_bends_and_from_how_many_images_on():
    # 0.1 s a file are 100 s of 1,000 files; 2 s are 2,000, and ten minutes are 300 files.
    assert plan.bends(UNITS | {"scan, s": 0.1}, FOUR) == []
    assert plan.bends(UNITS | {"scan, s": 2.0}, FOUR) == [
        "- **listing the files, start-up**: 33.3 min, where the limit is 10 min, from 0.0003 "
        f"million images on. Mend: {plan.SHARDS}."
    ]
    # Judging is shared by the hosts: 250 files each.
    assert plan.bends(UNITS | {"judge, s": 2.0}, FOUR) == []
    assert len(plan.bends(UNITS | {"judge, s": 2.4}, FOUR)) == 1
    # A minute for each of ten parameters, whatever the images.
    (line,) = plan.bends(UNITS | {"checkpoint, s": 60.0}, FOUR)
    assert "10 min, where the limit is 10 min. Mend:" in line


def test_start_up_in_all():
    units = UNITS | {"scan, s": 0.001, "judge, s": 0.01, "gather, s": 0.5}
    # On one host a million files are listed in 1,000 s and judged in 10,000 s, 3.06 h. On four, a
    # thousand are listed in 1 s, 250 of them judged in 2.5 s, and all verdicts gathered in 500 s.
    assert plan.in_all(units, FOUR)[-2:] == ("3.06 h", "8.39 min")


def test_the_limits_are_the_code_s():
    assert LIMITS[plan.FILE] == (files._MOST, "B")
    assert LIMITS[plan.MESSAGE] == (np.iinfo(np.int32).max, "B")


def test_whatever_can_bend_has_a_mend():
    assert [cost.what for cost in COSTS if cost.limit and not cost.mend] == []
    assert all(cost.unit in "sB" for cost in COSTS)
    assert Cost("x", plan.MEMORY, "time, s", "images").limit is None


@pytest.mark.parametrize(
    ("flags", "said"),
    [({"hosts": 0}, "--hosts 0"), ({"hosts": 3, "batch_size": 64}, "multiple of the 24 devices")],
)
def test_a_scenario_that_cannot_be(flags, said):
    with pytest.raises(InputError, match=said):
        Scenario(**flags)


@pytest.mark.long
def test_a_small_plan_is_measured(tmp_path):
    config = Config(what="plan", quick=True, scenario=FOUR, out=tmp_path)
    report = plan.run(config)
    report.finish()
    found = json.loads((tmp_path / "benchmark_plan_quick.json").read_text())
    assert (tmp_path / "benchmark_plan_quick.png").read_bytes()[:4] == b"\x89PNG"
    units = found["samples"]["unit costs"]
    assert units.keys() | plan.BY_FORMULA.keys() | {"file, B"} == UNITS.keys()
    drawn = {"reading, B", "data set, B"}  # Of so few images, they may be lost in the rest.
    assert all(cost > 0 for name, cost in units.items() if name not in drawn)
    assert units["order, B"] == 8
    # Three float32 of Adam's, and BatchNorm's few.
    assert units["state, B"] == pytest.approx(12, rel=0.01)
    assert found["scenario"]["hosts"] == 4
    assert [cost["what"] for cost in found["costs"]] == [cost.what for cost in COSTS]
    assert found["table"].splitlines()[0].count("4 hosts and 1,000 images, each host") == 1
    assert str(tmp_path) not in json.dumps(found)
