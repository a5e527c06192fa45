"""Names are found in texts in every form that people write, and words that are none are left."""

from __future__ import annotations

import pytest

from kam_expert.facts.name_forms import NameForms
from kam_expert.facts.near_names import NearName, NearNames


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
        ("Лев Орел", ["Льва Орла", "Левові", "Орлом", "Леве"]),
        ("Ія Лебідь", ["Ії", "Ією", "Лебедя", "Лебедем", "Лебеде"]),
        ("Ян Журавель", ["Яна", "Янові", "Журавля", "Журавлем", "Журавлю"]),
        ("Олег Козак", ["Олеже", "Козаче", "Козакові", "Козаками"]),
        ("Любов Швець", ["Любові", "Любов'ю", "Шевця", "Швецеві"]),
        ("Нінель Заєць", ["Нінеллю", "Нінелі", "Зайця", "Зайче", "Зайцеві"]),
        ("Мотря Соловей", ["Мотре", "Мотрі", "Солов'я", "Солов’єві"]),
        ("Яків Петрович Стрілець", ["Якове", "Петровича", "Петровичу", "Стрільцем"]),
        ("Олена Іванівна Толстая", ["Олено", "Іванівною", "Іванівно", "Толстої", "Толстою"]),
        ("Пилип Кисіль", ["Пилипе", "Киселя", "Киселем", "Киселеві"]),
        ("Оксана Петренко", ["Окса́на", "ОКСА́НИ"]),
        ("Оксана Петренко", ["Окс\u00adана", "Oксана", "Окса\u200bні", "Оксáна"]),
        ("Андрій Гриценко", ["Андрі\u0438\u0306 тут", "Андрія", "Грице́нка"]),
        ("оксана петренко", ["Оксані", "Петренка"]),
        ("Charles de Gaulle", ["Gaulle's plan", "to Charles"]),
        ("Anna Smith", ["the Smiths", "Anna_Smith", "ANNA'S"]),
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


@pytest.mark.parametrize(
    ("text", "word", "how"),
    [
        ("терещук сказала", "терещук", "lowercase"),
        ("з галиною", "галиною", "lowercase"),
        ("лист від g.tereshchuk@client.ua", "tereshchuk", "script"),
        ("Tereschuk, Galyna", "Tereschuk", "script"),
        ("Галка сказала", "Галка", "diminutive"),
        ("Галочка сказала", "Галочка", "diminutive"),
        ("Галя й Галю", "Галя", "diminutive"),
        ("погодить Г. Т.", "Г. Т.", "initials"),
        ("погодить ТГ", "ТГ", "initials"),
        ("Т е р е щ у к", "Т е р е щ у к", "spaced"),
        ("Тере щук", "Тере щук", "spaced"),
        ("Терищук", "Терищук", "spelling"),
        ("Теерщук", "Теерщук", "spelling"),
        ("Терещучка", "Терещучка", "stem"),
        ("Терещукеня", "Терещукеня", "stem"),
    ],
)
def test_what_may_be_the_name_is_shown_with_its_reason(text: str, word: str, how: str) -> None:
    forms = NameForms("p7", ["Галина Терещук"])

    assert not forms.are_in(text)
    assert NearName(word, how) in NearNames(forms).in_text(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "Ціна висока, технічний відділ проти",
        "The customer asks for any price",
        "Терміни й терен",
        "Галузь росте",
        "Галина Терещук",
        "",
    ],
)
def test_other_words_are_not_shown(text: str) -> None:
    assert NearNames(NameForms("p7", ["Галина Терещук"])).in_text(text) == ()


def test_a_latin_name_is_shown_in_cyrillic() -> None:
    near_names = NearNames(NameForms("p7", ["Anna Smith"]))

    assert {like.word for like in near_names.in_text("Анна Сміт, annasmith@x.com")} == {
        "Анна",
        "Сміт",
        "annasmith",
    }


def test_a_word_that_a_person_chose_is_the_name() -> None:
    forms = NameForms("p7", ["Галина Терещук"], also=["галка", "Г. Т."])

    assert forms.without("Галка й Г. Т. проти, гладь ні") == "[…] й […] проти, гладь ні"


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
