"""Chapter 03: tiny recursive model."""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="03",
    name="03_tiny_recursive_model",
    title="Tiny recursive model: two blocks that think again, against nets of many blocks",
    question="Does a tiny net that thinks again beat larger ones on puzzles, and what makes the difference?",
    minutes="3 to 4",
    before=("00", "02"),
)
