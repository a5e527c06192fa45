"""Names are found in texts in every form that people write, and words that are none are left."""

from __future__ import annotations

import pytest

from kam_expert.facts.name_forms import NameForms


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("Галина Терещук", ["Галині", "з Галиною", "ТЕРЕЩУК", "Терещукова думка", "ГАЛИНИ"]),
        ("Ольга Смерека", ["Ользі", "Ольгою", "Смереці", "Смерекою", "Смереччин"]),
        ("Віталій Коломієць", ["Коломійця", "з Коломійцем", "Віталія", "Віталієві"]),
        ("Федір Кривоніс", ["Федора", "Кривоносові", "Кривоносом"]),
        ("Юрій Левицький", ["Юрія", "Юрієм", "Левицького", "Левицькому", "ЛЕВИЦЬКОГО"]),
        ("Зоряна Левицька", ["Зоряні", "Левицької", "Левицькою"]),
        ("Ілля Гребінець", ["Іллю", "Іллею", "Гребінця", "Гребінцем"]),
        ("Оля Лі", ["Олею", "Олі", "Лі сказав"]),
        ("Дар’я О’Ніл", ["Дар'ю", "Дарʼєю", "О'Ніла"]),
        ("Іваненко-Петренко Анна", ["Петренкові", "Іваненка", "Анну"]),
        ("Ann Lee", ["Ann's plan", "LEE", "ann lee", "(Lee)"]),
        ("Jürgen Groß", ["Groß", "JÜRGEN"]),
        ("محمد علي", ["قال محمد", "محمد علي"]),
        ("李雷", ["李雷", "见李雷。"]),
        ("Ґ", ["Ґ"]),
        ("Sales director", ["the sales director said", "SALES DIRECTOR"]),
    ],
)  # fmt: skip
def test_a_name_is_found(name: str, texts: list[str]) -> None:
    forms = NameForms("p7", [name])

    assert [text for text in texts if not forms.are_in(text)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Марія Коваль", "Маржа впала, маркетинг мовчить"),
        ("Петро Лис", "Петиція про листи"),
        ("Оля Бондар", "Олег і Бондаренко"),
        ("John Price", "the price rose"),
        ("Ann Lee", "Annual report to Leeds"),
        ("Керівник закупівель", "наш керівник був"),
        ("I", "I was there, and I said so"),
        ("Contact 1", "1 of 4 agreed"),
    ],
)
def test_other_words_are_left(name: str, text: str) -> None:
    assert not NameForms("p7", [name]).are_in(text)


def test_an_id_is_found_as_a_word() -> None:
    forms = NameForms("p7", [])

    assert forms.are_in("ask p7")
    assert not forms.are_in("ask p70 or wp7")
    assert not NameForms("me", []).are_in("tell me")


@pytest.mark.parametrize("text", ["терещук сказала", "the price of it", "з галиною"])
def test_words_in_small_letters_may_be_names(text: str) -> None:
    forms = NameForms("p7", ["Галина Терещук", "John Price"])

    assert not forms.are_in(text)
    assert forms.may_be_in(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Бондаря бачили; Іллю теж", "[…] бачили; […] теж"),
        ("Ілля Бондар, фінанси", "[…], фінанси"),
        ("ІЛЛЯ БОНДАР", ""),
        ("нікого", "нікого"),
    ],
)
def test_a_text_is_given_without_the_name(text: str, left: str) -> None:
    assert NameForms("p7", ["Ілля Бондар"]).without(text) == left
