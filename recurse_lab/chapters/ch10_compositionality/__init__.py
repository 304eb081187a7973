"""Chapter 10: compositionality."""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="10",
    name="10_compositionality",
    title="Compositionality: the value of an expression never seen",
    question="Can recursion compose without symbolic structure?",
    minutes="about 2",
    before=("00",),
)
