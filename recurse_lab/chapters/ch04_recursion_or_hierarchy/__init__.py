"""Chapter 04: recursion or hierarchy."""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="04",
    name="04_recursion_or_hierarchy",
    title="Recursion or hierarchy: what makes the tiny net work?",
    question="Is it the hierarchy, or just that a state is refined again and again?",
    minutes="about 2",
    before=("03",),
)
