"""Decline 2,000 Ukrainian names, print how many forms an erasure finds, and false matches.

    python benchmarks/name_forms.py --names 2000

The paradigms are made here by the rules of school grammar, independently of the search: first
names, patronymics and surnames of both genders, seven cases each, plural of surnames. A second
table has what people write besides: stress marks, initials, short forms, other scripts, mistakes.
Those are to be found or shown.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter
from pathlib import Path

from kam_expert.facts.name_forms import NameForms
from kam_expert.facts.near_names import NearNames

#: Endings of the genitive, dative (two), accusative, instrumental, locative and vocative.
HARD = ("а", "у", "ові", "а", "ом", "ові", "е")
SOFT = ("я", "ю", "еві", "я", "ем", "еві", "ю")
SOFT_I = ("я", "ю", "єві", "я", "єм", "єві", "ю")
MIXED = ("а", "у", "еві", "а", "ем", "еві", "у")
A_HARD = ("и", "і", "у", "ою", "і", "о")
A_SOFT = ("і", "і", "ю", "ею", "і", "е")
YA = ("ї", "ї", "ю", "єю", "ї", "є")
ADJ_M = ("ого", "ому", "ого", "им", "ому", "ий")
ADJ_F = ("ої", "ій", "у", "ою", "ій", "а")


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


#: Stem, nominative, endings.
MEN = [
    *((name, name, HARD) for name in words("Іван Степан Богдан Роман Тарас Остап Максим")),
    *((name, name, HARD) for name in words("Олександр Віктор Артем Назар")),
    *((name[:-1], name, SOFT_I) for name in words("Андрій Юрій Сергій Матвій Віталій")),
    ("Ігор", "Ігор", SOFT), ("Федор", "Федір", HARD), ("Антон", "Антін", HARD),
    ("Як", "Яків", ("ова", "ову", "ова", "овом", "ове")), ("Льв", "Лев", ("а", "ові", "ом")),
    *((name[:-1], name, ("а", "у", "ові", "ом", "е")) for name in words("Павло Дмитро")),
    ("Михайл", "Михайло", ("а", "у", "ові", "ом", "е")), ("Ілл", "Ілля", ("і", "ю", "ею", "е")),
    ("Микол", "Микола", ("и", "і", "у", "ою", "о")), ("Лук", "Лука", ("и", "у", "ою", "о")),
]  # fmt: skip
WOMEN = [
    *((name[:-1], name, A_HARD) for name in words("Оксана Олена Галина Ірина Катерина Світлана")),
    *((name[:-1], name, A_HARD) for name in words("Тетяна Людмила Зоряна Марина Уляна Ганна")),
    *((name[:-1], name, YA) for name in words("Марія Наталія Соломія Надія Вікторія Юлія Ія")),
    ("Ольг", "Ольга", ("и", "у", "ою", "о")), ("Ольз", "Ольга", ("і",)),
    ("Мотр", "Мотря", ("і", "ю", "ею", "е")), ("Любов", "Любов", ("і", "'ю", "е")),
    ("Нінел", "Нінель", ("і", "лю", "е")),
]  # fmt: skip
FATHERS = words("Іван Степан Богдан Роман Тарас Петр Віктор Олександр Максим Федор")
ROOTS = words(
    "Бондар Шевчен Кравч Ковал Мельн Ткач Гонч Лис Савч Петр Андр Остап Тищ Руд Моро Гай Кост "
    "Дяч Цимб Клим Волош Швед Левч Ром Павл Дорош Зар Мар Хом Юр Кузьм Бабич Довг Пет Сав Кир"
)


def surnames(draw: random.Random, number: int) -> list[tuple[str, list[str], bool | None]]:
    """Return made-up surnames: nominative, other forms, whether of a man (None: of both)."""
    made: list[tuple[str, list[str], bool | None]] = []
    for _ in range(number):
        root = draw.choice(ROOTS) + draw.choice(["", "", "ов", "ил", "ар", "ет"])
        hard = root + draw.choice("нлртд")
        kind = draw.randrange(14)
        match kind:
            case 0:
                made.append((f"{hard}енко", forms(f"{hard}енк", (*HARD[:-1], "у")), True))
            case 1:
                made.append((f"{hard}ук", [*forms(f"{hard}ук", HARD[:-1]), f"{hard}уче"], True))
            case 2:
                plural = forms(f"{hard}ськ", ("і", "их", "им", "ими"))
                made.append((f"{hard}ський", [*forms(f"{hard}ськ", ADJ_M), *plural], True))
            case 3:
                made.append((f"{hard}ська", forms(f"{hard}ськ", ADJ_F), False))
            case 4:
                made.append((f"{hard}ець", [*forms(f"{hard}ц", SOFT[:-1]), f"{hard}че"], True))
            case 5:
                made.append((f"{hard}ко", forms(f"{hard}к", ("а", "у", "ові", "ом")), True))
            case 6:
                made.append((f"{hard}ів", forms(f"{hard}ов", ("а", "у", "им", "і", "е")), True))
            case 7:
                made.append((f"{hard}ова", forms(f"{hard}ов", ("ої", "ій", "у", "ою")), False))
            case 8:
                made.append((f"{hard}ак", [*forms(f"{hard}ак", HARD[:-1]), f"{hard}аче"], True))
            case 9:
                made.append((f"{hard}ій", forms(f"{hard}і", SOFT_I), True))
            case 10:
                made.append((f"{hard}ач", forms(f"{hard}ач", MIXED), True))
            case 11:
                made.append((f"{hard}а", forms(hard, A_HARD), None))
            case 12:
                made.append((f"{hard}ок", forms(f"{hard}к", HARD[:-1]), True))
            case 13:
                made.append((f"{hard}іль", forms(f"{hard}ел", SOFT), True))
    return made


def forms(stem: str, endings: tuple[str, ...]) -> list[str]:
    """Return the forms of a stem."""
    return [stem + ending for ending in endings]


def people(draw: random.Random, number: int) -> list[tuple[str, list[str]]]:
    """Return full names, each with the forms of its words, the nominatives included."""
    made = []
    for surname, declined, man in surnames(draw, number):
        is_man = draw.random() < 0.5 if man is None else man
        stem, first, endings = draw.choice(MEN if is_man else WOMEN)
        father = draw.choice(FATHERS)
        if is_man:
            patronymic, others = f"{father}ович", forms(f"{father}ович", MIXED)
        else:
            patronymic, others = f"{father}івна", forms(f"{father}івн", A_HARD)
        all_forms = [first, *forms(stem, endings), patronymic, *others, surname, *declined]
        made.append((f"{first} {patronymic} {surname}", list(dict.fromkeys(all_forms))))
    return made


def variants(name: str) -> dict[str, str]:
    """Return what people write instead of a name, by kind."""
    first, patronymic, surname = name.split()
    head, tail = surname[: len(surname) // 2], surname[len(surname) // 2 :]
    return {
        "stress mark": re.sub("([аеиіоу])", "\\1\u0301", surname, count=1),
        "capitals": surname.upper(),
        "small letters": surname.lower(),
        "Latin о for о": surname.replace("о", "o").replace("а", "a"),
        "initials": f"{first[0]}. {patronymic[0]}.",
        "letters exchanged": head + tail[1] + tail[0] + tail[2:],
        "letter missing": head + tail[1:],
        "space within": f"{head} {tail}",
        "Latin": "".join(_PASSPORT.get(c, c) for c in surname.lower()).capitalize(),
    }  # fmt: skip


_PASSPORT = dict(
    zip("абвгґдезийклмнопрстуфхцчшщьюяєії", [
        *"abvhgdezyiklmnoprstuf", "kh", "ts", "ch", "sh", "shch", "", "iu", "ia", "ie", "i", "i",
    ], strict=True)
)  # fmt: skip


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="texts without the names")
    asked = parser.parse_args()
    began = time.process_time()
    total, missed = 0, []
    seen: Counter[tuple[str, str]] = Counter()
    made = people(random.Random(asked.seed), asked.names)
    for name, declined in made:
        finder = NameForms("p-7", [name])
        for form in declined:
            total += 1
            if not finder.are_in(f"Зі слів {form}, ціна"):
                missed.append((name, form))
    for name, _ in made[::10]:
        finder = NameForms("p-7", [name])
        near_names = NearNames(finder)
        for kind, written in variants(name).items():
            text = f"за словами {written}, усе гаразд"
            result = (
                "found"
                if finder.are_in(text)
                else "shown"
                if near_names.in_text(text)
                else "missed"
            )
            seen[kind, result] += 1
    recall = 1 - len(missed) / total
    print(f"{asked.names} names, {total} forms, {len(missed)} missed: recall {recall:.2%}")
    print(f"{time.process_time() - began:.1f} s CPU")
    for name, form in missed[:20]:
        print(f"missed: {form} of {name}")
    print(f"\n{'written otherwise':20}{'found':>8}{'shown':>8}{'missed':>8}")
    for kind in dict.fromkeys(kind for kind, _ in seen):
        print(f"{kind:20}" + "".join(f"{seen[kind, r]:8}" for r in ("found", "shown", "missed")))
    for path in asked.texts:
        text = path.read_text(encoding="utf-8")
        false = [s for name, _ in made[::20] for s in NameForms("p-7", [name]).spans(text)]
        print(f"{path.name}: {len(text)} characters, false matches per name "
              f"{len(false) / len(made[::20]):.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
