"""Chapter 05: its tables by hand, and a net read without one of its applications."""

import pytest
import torch

from recurse_lab.chapters.ch05_deep_and_thin import arms, views
from recurse_lab.chapters.ch05_deep_and_thin.published import ROADMAP, SHAPES_125M
from recurse_lab.measure.cost import parameters
from recurse_lab.records.store import read_reference
from recurse_lab.tasks.group_products import GroupProducts
from recurse_lab.workbook.start import ROOT


def test_shapes_have_as_many_weights_as_the_nets():
    rows = views.shapes(arms.SHAPES)
    assert [row["blocks"] for row in rows.values()] == [1, 2, 4, 8, 16]
    for arm in arms.SHAPES.values():
        assert rows[arm.label]["weights"] == parameters(arms.build(arm))
    assert views.shapes(arms.GRU) == {}


def test_without_each_leaves_out_one_application():
    arm = arms.SHAPES["four"]
    torch.manual_seed(0)
    net = arms.build(arm)
    batch = views.rows(arm, "test", 3)
    with torch.no_grad():
        z = net.start(batch.inputs)[0].z
        for turn in (0, 1, 3):
            z = net.blocks[turn](z)
        answers = (net.norm(z) @ net.embed.weight.T).argmax(-1)
    found = views.without_each(arm, net, 3)
    assert len(set(found)) == 4
    assert found[2] == pytest.approx((answers == batch.targets).float().mean().item())
    assert GroupProducts().verify(batch.inputs, batch.targets).all()


def test_published_numbers_stand_beside_ours_from_wide_to_deep():
    table = views.beside({"ours": [("1 x 128", 0.5), ("2 x 96", 0.6), ("4 x 64", 0.7), ("8 x 48", 0.8)]})
    assert list(table) == ["widest", "second", "third", "deepest"]
    assert list(table["third"].values()) == ["30 x 512: 44.8", "32 x 896: 49.8", "4 x 64: 0.700"]
    assert views.roadmap()["deep and thin"]["points added"] == "+0.9"
    assert SHAPES_125M["30 x 512"] == ROADMAP["deep and thin"]
    assert views.petty()["1 layer"] == {"COGS, % right": 12.4, "perplexity of C4": 45.7}


def test_means_over_seeds_of_the_microscope():
    found = read_reference(ROOT / "data", arms.trial, {"two": arms.SHAPES["two"]}).results
    runs = [run.values for run in found["two"].values()]
    label = arms.SHAPES["two"].label
    (changes,) = views.mean_changes(found, arms.SHAPES).values()
    assert changes == pytest.approx([sum(run["changes"][at] for run in runs) / len(runs) for at in (0, 1)])
    cosines = views.mean_alignments(found, arms.SHAPES)[label]
    assert (
        cosines[0][1]
        == cosines[1][0]
        == pytest.approx(sum(run["alignments"][0][1] for run in runs) / len(runs))
    )


def test_the_reach_ends_at_the_first_gap():
    assert views.reached([[1.0, 0.95, 0.5, 0.99], [0.2, 1.0, 1.0, 1.0]]) == [2, 0]
