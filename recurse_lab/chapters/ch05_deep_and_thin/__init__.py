"""Chapter 05: deep and thin."""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="05",
    name="05_deep_and_thin",
    title="Deep and thin: one block after another, or one wide block",
    question="Is deep and thin better than wide, at equal parameters?",
    minutes="about 2",
    before=("00",),
)
