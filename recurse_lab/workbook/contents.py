"""Which chapters stand, and which are planned."""

from recurse_lab.chapters.rooms import PLANNED, find_rooms


def standing() -> str:
    """One sentence for the first chapter: the numbers of all chapters that have a room, and of those that have none."""
    stand = sorted(chapter.number for chapter in find_rooms().values())
    planned = sorted(set(PLANNED) - set(stand))
    rest = f"; still planned: {', '.join(planned)}" if planned else ""
    return f"Chapters {', '.join(stand)} stand{rest}."
