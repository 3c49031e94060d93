import pytest
from rest_framework import serializers

from realtime.frames import BadFrame, Frame, parse, parse_query


class Seen(serializers.Serializer):
    order = serializers.IntegerField()


class Read(serializers.Serializer):
    seq = serializers.IntegerField()


def test_frame_is_checked_by_the_schema_of_its_consumer():
    assert parse('{"type": "seen", "order": 1}', {"seen": Seen}) == Frame("seen", {"order": 1})
    assert parse('{"type": "seen", "seq": 2}', {"seen": Read}) == Frame("seen", {"seq": 2})


def test_frame_is_bad_when_only_another_consumer_knows_it():
    parse('{"type": "seen", "order": 1}', {"seen": Seen})

    with pytest.raises(BadFrame) as refusal:
        parse('{"type": "seen", "order": 1}', {"read": Read})

    assert refusal.value.get_codes() == "malformed"


def test_query_takes_the_last_of_repeated_parameters():
    assert parse_query(b"order=1&order=2&other=x", Seen) == {"order": 2}


def test_query_is_bad_when_a_parameter_is_missing():
    with pytest.raises(BadFrame) as refusal:
        parse_query(b"", Seen)

    assert refusal.value.get_codes() == "invalid"
