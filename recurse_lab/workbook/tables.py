"""Text made from the chapters' rooms: the README's table of chapters, the bibliography and the glossary."""

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from recurse_lab.chapters.chapter import Chapter
from recurse_lab.chapters.collected import collected_terms, collected_works
from recurse_lab.chapters.rooms import PLANNED, find_rooms

BEGIN, END = "<!-- chapters: written by `tables`, do not edit -->", "<!-- end of chapters -->"
HEAD = """\
% Works that the notebooks and the library cite, and the papers whose symbols the glossary gives.
% Written by `python -m recurse_lab tables` from works.bib of the library and of each chapter's room; do not edit.
"""


def made_tables(root: Path, package: str = "recurse_lab.chapters") -> dict[Path, str]:
    """Path -> text of every file that is made from the rooms; writes nothing."""
    rooms = find_rooms(package)
    folders = [Path(str(files(package))), *rooms]  # the library's own works stand beside them
    terms = json.dumps(collected_terms(folders), indent=1, ensure_ascii=False)
    readme = (root / "README.md").read_text(encoding="utf-8")
    return {
        root / "README.md": with_chapters(readme, chapter_table(list(rooms.values()), PLANNED)),
        root / "data" / "bibliography.bib": "\n".join(
            [HEAD, "\n\n".join(collected_works(folders).values()), ""]
        ),
        root / "data" / "glossary.json": terms + "\n",
    }


def chapter_table(chapters: list[Chapter], planned: Mapping[str, str]) -> str:
    """The Markdown table of all chapters, planned ones included."""
    rows = {number: f"| {number} | | {question} | | planned |" for number, question in planned.items()}
    for chapter in chapters:
        link = f"[{chapter.title}](notebooks/{chapter.name}.ipynb)"
        cells = (chapter.number, link, chapter.question, ", ".join(chapter.before), chapter.minutes)
        rows[chapter.number] = f"| {' | '.join(cells)} |".replace("|  |", "| |")
    head = "| | chapter | question | read before | minutes |\n|---|---|---|---|---|"
    return "\n".join([head, *(rows[number] for number in sorted(rows))])


def with_chapters(readme: str, table: str) -> str:
    """The README with `table` between its two marks.

    Raises:
        ValueError: a mark is missing or repeated, or the marks are not in order.
    """
    parts = re.split(f"{re.escape(BEGIN)}|{re.escape(END)}", readme)
    if len(parts) != 3 or readme.count(BEGIN) != 1 or readme.index(BEGIN) > readme.index(END):
        raise ValueError(f"README.md needs the lines {BEGIN} and {END}, once each and in this order")
    return f"{parts[0]}{BEGIN}\n\n{table}\n\n{END}{parts[2]}"
