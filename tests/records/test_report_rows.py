"""The report's index shows every record file; a broken one does not stop the report."""

import html

import made_records as made
import pytest

from recurse_lab.records.reruns import write_reruns
from recurse_lab.workbook import report

THREE = [made.record(seed=seed) for seed in range(3)]


@pytest.fixture
def data(tmp_path, monkeypatch):
    for module in ("store", "rerun"):
        monkeypatch.setattr(
            f"recurse_lab.records.{module}.reference_path", lambda *_: tmp_path / "data" / "t.json"
        )
    monkeypatch.setattr(report, "recorded", lambda: [made.RECORDED])
    monkeypatch.setattr(report, "ROOT", tmp_path)
    return tmp_path / "data"


def index(folder):
    return html.unescape(report.build_report([], folder, folder / "out", "smoke", 0).read_text())


def test_the_index_has_a_row_for_each_record_file(data, tmp_path):
    made.write(data, THREE)
    write_reruns(data, [made.again(THREE[0])])
    text = index(tmp_path)
    cells = ("t.json", "by the present code", "by the present code: 1 of 1 agree (1 same bits)")
    assert all(f"<td>{cell}</td>" in text for cell in cells)
    assert '<td class="number">3</td>' in text


def test_without_records_the_report_says_so(data, tmp_path):
    assert "No records are kept with this copy." in index(tmp_path)
    data.mkdir()
    (data / "t.json").write_text("[{]")
    assert "<p>RecordError: reference records t.json cannot be read" in index(tmp_path)
