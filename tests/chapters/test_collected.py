"""Works and terms of all rooms are collected; one key must have one content in all rooms."""

import pytest

from recurse_lab.chapters.collected import collected_terms, collected_works, terms_in, works_in

WORK = "@misc{key2020,\n  author    = {One, A.},\n  year      = {2020}\n}"


def folders_with(tmp_path, name, *texts):
    folders = [tmp_path / f"ch0{number}" for number in range(len(texts))]
    for folder, text in zip(folders, texts, strict=True):
        folder.mkdir(parents=True)
        (folder / name).write_text(text)
    return folders


def test_works_of_all_rooms_come_together(tmp_path):
    other = WORK.replace("key2020", "before2020")
    folders = folders_with(tmp_path, "works.bib", f"% mine\n\n{WORK}\n\n{other}\n", WORK, "")
    assert collected_works([*folders, tmp_path / "without"]) == {"before2020": other, "key2020": WORK}
    assert list(collected_works(folders)) == ["before2020", "key2020"]


def test_terms_of_all_rooms_come_together(tmp_path):
    folders = folders_with(tmp_path, "terms.json", '{"b": 1, "c": 2}', '{"a": 3, "b": 1}')
    assert list(collected_terms(folders).items()) == [("a", 3), ("b", 1), ("c", 2)]


def test_the_same_key_says_the_same_everywhere(tmp_path):
    folders = folders_with(tmp_path, "works.bib", WORK, WORK.replace("2020}", "2021}"))
    with pytest.raises(ValueError, match=r"'key2020' differs between ch00/works\.bib and ch01/works\.bib"):
        collected_works(folders)
    folders = folders_with(tmp_path / "terms", "terms.json", '{"a": 1}', '{"a": 2}')
    with pytest.raises(ValueError, match=r"'a' differs between ch00/terms\.json and ch01/terms\.json"):
        collected_terms(folders)


@pytest.mark.parametrize(
    "text", ["@misc{a,\n", WORK.replace("A.}", "A."), "text", f"{WORK}\n{WORK}", "@misc{a b,\n x = {1}\n}"]
)
def test_broken_works_are_refused_in_one_line(tmp_path, text):
    (folder,) = folders_with(tmp_path, "works.bib", text)
    with pytest.raises(ValueError, match=r"\Ach00/works\.bib: [^\n]+\Z"):
        works_in(folder / "works.bib")


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1, "a": 1}'])
def test_broken_terms_are_refused_in_one_line(tmp_path, text):
    (folder,) = folders_with(tmp_path, "terms.json", text)
    with pytest.raises(ValueError, match=r"\Ach00/terms\.json[^\n]+\Z"):
        terms_in(folder / "terms.json")
