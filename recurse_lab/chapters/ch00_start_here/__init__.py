"""Chapter 00: start here."""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="00",
    name="00_start_here",
    title="Start here: can recursion alone drive generalization better than model scale?",
    question="What does it mean to apply a network again, and how is a verdict read?",
    minutes="about one",
)
