"""Chapter 01: do networks iterate?"""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="01",
    name="01_iterate",
    title="Iterate: do networks carry out a method, or match templates?",
    question="Do networks iterate a numerical method, or match templates?",
    minutes="about 2",
    before=("00",),
)
