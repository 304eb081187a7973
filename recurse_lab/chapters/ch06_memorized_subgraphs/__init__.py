"""Chapter 06: memorized subgraphs."""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="06",
    name="06_memorized_subgraphs",
    title="Memorized subgraphs: composing, or matching pieces",
    question="Do transformers compose, or do they match pieces they have seen?",
    minutes="about 3",
    before=("00",),
)
