"""Find the chapters' rooms; each room declares its chapter."""

from importlib import import_module
from importlib.resources import files
from pathlib import Path

from recurse_lab.chapters.chapter import Chapter

PLANNED = {  # number -> question; a room of the same number replaces the entry
    "01": "Do networks iterate a numerical method, or match templates?",
    "05": "Is deep and thin better than wide, at equal parameters?",
    "06": "Do networks compose anew, or repeat computation subgraphs that they have memorized?",
    "07": "Is noise alone enough, or does it take a variational objective?",
    "08": "What can be learned from right and wrong function calls?",
    "09": "How wide is the gap between generating and verifying?",
    "10": "Can recursion compose without symbolic structure?",
    "11": "What do all verdicts say together?",
}


def find_rooms(package: str = "recurse_lab.chapters") -> dict[Path, Chapter]:
    """Folder of a room -> the chapter that it declares, in order of the numbers.

    Raises:
        ValueError: a room declares no chapter, a chapter of another name, or the number of another room.
    """
    found: dict[Path, Chapter] = {}
    for folder in sorted(Path(str(files(package))).glob("ch[0-9][0-9]_*")):
        chapter = getattr(import_module(f"{package}.{folder.name}"), "CHAPTER", None)
        if not isinstance(chapter, Chapter):
            raise ValueError(f"{folder.name}/__init__.py must declare CHAPTER = Chapter(...)")
        if folder.name != f"ch{chapter.name}":
            raise ValueError(
                f"the room of chapter {chapter.name} must be ch{chapter.name}, not {folder.name}"
            )
        if chapter.number in {other.number for other in found.values()}:
            raise ValueError(f"two rooms have the number {chapter.number}")
        found[folder] = chapter
    return found
