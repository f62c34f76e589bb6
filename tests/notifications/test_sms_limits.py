"""First SMS are worth nothing to a fraudster and can plague nobody; and what cannot be counted is not sent."""

import hashlib
import logging

import phonenumbers
import pytest
import time_machine

from models import Contact, Counter, Used, db, now
from models.notifications import allowance, consent, sms_limits
from models.notifications.allowance import DAY, HOUR, MINUTE
from models.notifications.sms_limits import Tariff
from models.security import keys, throttle
from support.sms_limits import MONDAY, asked, attack, left, mobile


@pytest.mark.parametrize(
    ("number", "fine"),
    [
        ("+352621123456", True),
        ("+4915123456789", True),
        ("+33612345678", True),
        ("+32470123456", True),
        ("+35226123456", False),  # landline
        ("+35290012345", False),  # premium
        ("+35280012345", False),  # free of charge
        ("+35220301234", False),  # VoIP
        ("+881633123456", False),  # satellite, and yet MOBILE
        ("+88213123456", False),
        ("+447400123456", False),  # mobile, but of no region of ours
        ("+12015550123", False),  # mobile or landline: nobody can tell
    ],
)
def test_sms_go_to_mobile_numbers_of_the_regions_chosen_and_to_no_other(number, fine):
    assert sms_limits.reachable(number, ["LU", "DE", "FR", "BE"]) == fine


def test_of_all_regions_of_the_world_only_those_chosen_are_reachable():
    chosen = {"LU", "FR"}
    for region in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if example:
            number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            assert not sms_limits.reachable(number, chosen) or region in chosen, region


@pytest.mark.long
def test_number_is_asked_once_a_minute_three_times_a_day_ten_times_a_month(either, clock):
    number = "+352621123456"
    assert [asked(number), asked(number)] == ["", "number"]
    for _ in range(2):
        clock.shift(2 * MINUTE)
        assert asked(number) == ""
    clock.shift(2 * MINUTE)
    assert asked(number) == "number"
    given = 3
    for _ in range(29 * 2):
        clock.shift(12 * HOUR)
        given += not asked(number)
    assert given == 10


@pytest.mark.long
def test_no_day_however_it_is_cut_brings_a_number_more_than_three(app, clock):
    """At midnight a counter of days would begin anew and let twice as many through."""
    got = []
    for _ in range(3 * 24 * 4):
        clock.shift(15 * MINUTE)
        if not asked("+352621123456"):
            got.append(now())
    assert all(sum(start <= at < start + DAY for at in got) <= 3 for start in got) and len(got) >= 6


def test_one_network_asks_three_times_an_hour_and_ten_times_a_day(either, clock):
    assert [asked(mobile(i), "one") for i in range(4)] == ["", "", "", "customer"]
    assert asked(mobile(5), "another") == ""
    given = 3
    for index in range(6, 24):
        clock.shift(HOUR)
        given += not asked(mobile(index), "one")
    assert given == 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.200", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.7", True),
    ],
)
def test_network_is_a_24_or_a_64_and_cannot_be_read_back(one, other, same):
    keys.initialize("a secret of at least thirty-two characters")
    names = [throttle.sms_network_key(address) for address in (one, other)]
    assert (names[0] == names[1]) == same and one not in names[0]


@pytest.mark.long
def test_numbers_in_a_row_stop_at_twenty(either, clock):
    given = [asked(mobile(index, block=123)) for index in range(60)]
    assert given.count("") == 20 and set(given) == {"", "block"}


@pytest.mark.long
def test_foreign_region_has_a_day_of_its_own(app, clock):
    given = []
    for index in range(6 * 40):
        if index % 40 == 0:
            clock.shift(2 * HOUR)
        given.append(asked(f"+3361{index % 100:02}{index:05}"))
    assert given.count("") == sms_limits.MAX_ABROAD_PER_DAY and given[-1] == "region"


@pytest.mark.long
def test_hour_has_a_fifth_of_the_day_and_a_quiet_day_two_hundred(app, clock):
    given = [asked(mobile(index)) for index in range(60)]
    assert given.count("") == 40 and given[-1] == "hour"
    for hour in range(1, 7):
        clock.shift(2 * HOUR)
        given += [asked(f"+35266{hour}{index:02}00{index % 10}") for index in range(45)]
    assert given.count("") < 240


def test_day_may_have_three_times_what_is_usual_on_this_day_of_the_week(app, clock):
    assert allowance.usual("asked day ", 200) == 200
    for week in range(1, 5):
        with time_machine.travel(MONDAY - week * 7 * DAY, tick=False):
            for _ in range(100):
                Counter.hit("asked day ", DAY, keep=allowance.MONTH)
    Counter.purge()
    assert allowance.usual("asked day ", 200) == 300
    clock.shift(DAY)
    assert allowance.usual("asked day ", 200) == 200


def test_refused_request_counts_nowhere(app, clock):
    assert asked(mobile(1), "one") == ""
    counted = list(Counter.select(Counter.key, Counter.count).tuples())
    assert asked(mobile(1), "one") == "number"
    assert list(Counter.select(Counter.key, Counter.count).tuples()) == counted


def test_budget_of_the_month_warns_before_it_is_gone_and_then_serves_only_confirmed_contacts(
    app, dossier, clock, caplog
):
    small = Tariff(price=100, budget=5)
    with caplog.at_level(logging.WARNING, "etracking.limits"):
        for index in range(3):
            assert left(dossier, mobile(index), confirmed=True, tariff=small) == ""
        assert not caplog.records
        assert left(dossier, mobile(3), tariff=small) == ""
        assert [r.message for r in caplog.records] == ["SMS have used 80 % of the month's budget"]
    assert left(dossier, mobile(4), tariff=small) == ""
    assert left(dossier, mobile(5), tariff=small) == asked(mobile(6), tariff=small) == "budget"
    assert left(dossier, mobile(7), confirmed=True, tariff=small) == ""
    assert sms_limits.statistics(small)[:2] == (600, 500)
    clock.shift(10 * DAY)  # December
    assert left(dossier, mobile(8), tariff=small) == ""


@pytest.mark.long
def test_pumping_is_stopped_after_at_most_a_hundred_messages(app, dossier, clock, caplog):
    assert attack(dossier, clock, hours=6) <= 100
    assert any("off for an hour" in record.message for record in caplog.records)


@pytest.mark.long
def test_security_check_costs_more_while_few_say_yes_to_sms(app, dossier, clock):
    def cost() -> int:
        return app.test_client().post("/captcha/challenge?scope=x").json["parameters"]["cost"]

    app.config["CAPTCHA_LEVELS"] = [[1, 1], [2, 1], [3, 1]]
    usual = cost()
    for index in range(60):
        clock.shift(8 * MINUTE)
        number = f"+352621{index:03}{index:03}"
        assert asked(number) == left(dossier, number) == ""
        if index % 3 == 0:
            consent.confirm(Contact.get(Contact.at("sms", number)))
    assert cost() > usual
    clock.shift(HOUR)
    assert cost() == usual


@pytest.mark.long
def test_after_an_attack_sms_come_back_as_soon_as_people_say_yes(app, dossier, clock):
    attack(dossier, clock, hours=2)
    clock.shift(HOUR)
    assert asked("+352691000001") == "" and left(dossier, "+352691000001") == ""
    assert asked("+352691000002") == "probe"
    consent.confirm(Contact.get(Contact.at("sms", "+352691000001")))
    clock.shift(11 * MINUTE)
    assert asked("+352691000003") == asked("+352661000004") == ""


@pytest.mark.long
def test_healthy_traffic_trips_nothing(app, dossier, clock):
    for index in range(100):
        clock.shift(8 * MINUTE)
        number = f"+352621{index:03}{index:03}"
        assert asked(number) == left(dossier, number) == ""
        if index % 2:
            consent.confirm(Contact.get(Contact.at("sms", number)))


def test_store_of_counters_that_breaks_in_mid_run_lets_nothing_through(either, dossier, clock):
    assert asked(mobile(1)) == left(dossier, mobile(1)) == ""
    for table in ("counter", "used"):
        db.execute_sql(f"ALTER TABLE {table} RENAME TO hidden")
        assert asked(mobile(2)) == left(dossier, mobile(2)) == "counters"
        assert left(dossier, mobile(3), confirmed=True) == ("counters" if table == "counter" else "")
        db.execute_sql(f"ALTER TABLE hidden RENAME TO {table}")
    assert asked(mobile(4)) == ""


def test_no_counter_knows_a_number_and_none_outlives_a_month(app, clock):
    asked("+352621123456", "network")
    names = [row.key for row in (*Counter.select(), *Used.select())]
    plain = {hashlib.sha256(text.encode()).hexdigest() for text in ("+352621123456", "network")}
    assert names and all(len(name) == 64 for name in names) and not plain & set(names)
    clock.shift(allowance.MONTH + 2 * DAY)
    Counter.purge(), Used.purge()
    assert not [*Counter.select(), *Used.select()]
