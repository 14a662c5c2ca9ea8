"""The invented members: names of several scripts, mailboxes under example.com, numbers that nobody has."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

PINS_MAX = 25
"""A PIN costs 50 ms of argon2id and more on a busy machine, so only the first members sign in on a phone."""

# Ranges that the regulators of Germany and the United Kingdom keep for films: nobody is called by mistake.
_NUMBERS = ("+493023125{:03}", "+447700900{:03}", "+494066969{:03}")
_NUMBERS_EACH = 1000

_NAMES = """
Anna Schneider | anna.schneider
Elif Yılmaz | elif.yilmaz
Jonas Krüger | jonas.krueger
Olivia Bennett | olivia.bennett
Piotr Wiśniewski | piotr.wisniewski
Nguyễn Thị Minh Khai | minhkhai.nguyen
ليلى الحداد | layla.haddad
Katharina Weiß | katharina.weiss
Samuel Okafor | samuel.okafor
Zofia Dąbrowska | zofia.dabrowska
Lena Brandt | lena.brandt
Maximilian Alexander Theodor Freiherr von und zu Hohenberg-Wittelsbacher-Lichtenau | max.hohenberg
Mehmet Öztürk | mehmet.ozturk
Grace Whitfield | grace.whitfield
Trần Văn Đức | duc.tran
يوسف بن عمر | yusuf.benomar
Friederike Möller | friederike.moeller
Harry Pemberton | harry.pemberton
Agnieszka Zielińska | agnieszka.zielinska
Emre Çelik | emre.celik
Sophie Lindqvist | sophie.lindqvist
Jürgen Großmann | juergen.grossmann
Amelia Thornbury | amelia.thornbury
Łukasz Wójcik | lukasz.wojcik
Phạm Thu Hà | thuha.pham
فاطمة الزهراء | fatima.zahra
Tobias Hartmann | tobias.hartmann
Isla MacGregor | isla.macgregor
Ayşe Şahin | ayse.sahin
Matteo Ricci | matteo.ricci
Charlotte Baumgärtner | charlotte.baumgaertner
Noah Kingsley | noah.kingsley
Małgorzata Kamińska | malgorzata.kaminska
Lê Quang Huy | quanghuy.le
خالد منصور | khalid.mansour
Benedikt Köhler | benedikt.koehler
Priya Raghunathan | priya.raghunathan
Burak Aydın | burak.aydin
Oscar Fitzgerald | oscar.fitzgerald
Stanisław Nowak | stanislaw.nowak
Johanna Süß | johanna.suess
Võ Thị Lan | lan.vo
Thomas O'Sullivan | thomas.osullivan
سلمى التميمي | salma.tamimi
Emily Ashworth | emily.ashworth
Deniz Kılıç | deniz.kilic
Paweł Szymański | pawel.szymanski
Franziska Jäger | franziska.jaeger
Đặng Hoài An | hoaian.dang
Theodora Papadopoulou | theodora.papadopoulou
"""  # noqa: RUF001 - the names are Turkish


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody to enrol."""

    external_id: str
    name: str
    email: str
    phone: str | None
    pin: str | None


def people(count: int, chance: random.Random) -> Iterator[Person]:
    """So many persons: the fifty first, then names put together from theirs."""
    known = [tuple(line.split(" | ")) for line in _NAMES.strip().splitlines()]
    given = [name.split()[0] for name, _ in known]
    family = [name.split()[-1] for name, _ in known]
    for index in range(count):
        external_id = f"M{10001 + index}"
        name, mailbox = (
            known[index]
            if index < len(known)
            else (f"{chance.choice(given)} {chance.choice(family)}", external_id.lower())
        )
        yield Person(
            external_id=external_id,
            name=name,
            email=f"{mailbox}@example.com",
            phone=_phone(index),
            pin=f"{chance.randrange(1_000_000):06}" if index < PINS_MAX else None,
        )


def _phone(index: int) -> str | None:
    number, area = divmod(index, len(_NUMBERS))
    return _NUMBERS[area].format(number) if number < _NUMBERS_EACH else None
