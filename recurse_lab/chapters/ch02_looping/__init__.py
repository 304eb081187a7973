"""Chapter 02: looping."""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="02",
    name="02_looping",
    title="Looping: think longer instead of growing larger",
    question="Can a small net that applies the same layers again solve larger problems than it was trained on?",
    minutes="about 3",
    before=("00",),
)
