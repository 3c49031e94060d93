import uuid

import pytest
from django.test import Client

from conftest import client_of
from support.models import Conversation, Message
from support.services import open_conversation, post_message
from users.models import CustomUser

URL = "/api/support/conversations/"

pytestmark = pytest.mark.django_db


def say(client, conversation, text="привет", **fields):
    body = {"client_id": str(uuid.uuid4()), "text": text, **fields}
    return client.post(f"{URL}{conversation.pk}/messages/", body)


@pytest.fixture
def ten_messages(conversation, user):
    for number in range(1, 11):
        post_message(conversation_id=conversation.pk, author=user, client_id=uuid.uuid4(), text=f"{number}")
    return conversation


def test_conversation_is_created_once_and_then_returned(client):
    first = client.post(URL)
    second = client.post(URL)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["status"] == "open"


def test_conversation_is_refused_when_an_administrator_opens_one(admin_client):
    response = admin_client.post(URL)

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")


def test_everything_needs_a_token(anonymous, conversation):
    for path in (URL, f"{URL}{conversation.pk}/", f"{URL}{conversation.pk}/messages/"):
        assert anonymous.get(path).status_code == 401


def test_customer_sees_only_their_own_conversation(client, conversation, stranger):
    open_conversation(stranger)

    results = client.get(URL).json()["results"]

    assert [found["id"] for found in results] == [conversation.pk]


def test_list_makes_the_same_queries_when_it_is_longer(admin_client, stranger, user, django_assert_num_queries):
    open_conversation(user)
    open_conversation(stranger)

    with django_assert_num_queries(2):  # the token's user, the page
        assert len(admin_client.get(URL).json()["results"]) == 2


def test_strangers_conversation_is_absent(conversation, stranger):
    client = client_of(stranger)
    path = f"{URL}{conversation.pk}/"

    answers = [
        client.get(path),
        client.get(f"{path}messages/"),
        say(client, conversation),
        client.post(f"{path}read/", {"seq": 1}),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not_found")}


def test_administrator_finds_those_who_wait(admin_client, ten_messages, stranger):
    open_conversation(stranger)

    results = admin_client.get(f"{URL}?unanswered=true&status=open").json()["results"]

    assert [found["id"] for found in results] == [ten_messages.pk]


@pytest.mark.parametrize("query", ["unanswered=perhaps", "status=lost", "page_size=0"])
def test_list_is_refused_when_a_filter_is_nonsense(admin_client, query):
    assert admin_client.get(f"{URL}?{query}").status_code == 400


def test_message_is_answered_with_its_frame(client, conversation, user):
    client_id = str(uuid.uuid4())

    response = say(client, conversation, "Где мой латте? ☕", client_id=client_id)

    message = Message.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "type": "message",
        "conversation": conversation.pk,
        "seq": 1,
        "client_id": client_id,
        "author": {"id": user.pk, "name": "anna", "is_staff": False},
        "text": "Где мой латте? ☕",
        "created_at": message.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert "Где" in response.content.decode()


@pytest.mark.parametrize(("first_name", "name"), [("", "CoffeeShop"), ("Vera", "Vera")])
def test_customer_never_reads_the_sign_in_name_of_staff(
    client, admin_client, admin_user, conversation, first_name, name
):
    CustomUser.objects.filter(pk=admin_user.pk).update(first_name=first_name, last_name="Bossova")
    say(admin_client, conversation, "On its way.")
    admin_client.patch(f"{URL}{conversation.pk}/", {"assignee": admin_user.pk})

    answers = [client.get(f"{URL}{conversation.pk}/messages/"), client.get(f"{URL}{conversation.pk}/"), client.get(URL)]

    message, assignee = answers[0].json()["results"][0], answers[1].json()["assignee"]
    assert (message["author"]["name"], assignee["name"]) == (name, name)
    assert not [answer for answer in answers if "boss" in answer.content.decode().lower()]


def test_message_is_the_first_one_again_when_repeated(client, conversation):
    client_id = str(uuid.uuid4())
    first = say(client, conversation, client_id=client_id)

    again = say(client, conversation, client_id=client_id.upper())

    assert (again.status_code, again.json()) == (200, first.json())


def test_message_is_refused_when_its_client_id_is_taken(client, conversation):
    client_id = str(uuid.uuid4())
    say(client, conversation, "one", client_id=client_id)

    response = say(client, conversation, "two", client_id=client_id)

    assert (response.status_code, response.json()["code"]) == (409, "client_id_reused")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""),
        ("text", " \n\t "),
        ("text", "a" * 4001),
        ("text", "a\0b"),
        ("text", 5),
        ("text", None),
        ("client_id", "5"),
        ("client_id", 5),
        ("client_id", "6cc22331eb0d4cb9a2107330bf5b6dd4"),
        ("client_id", "{43b9abff-c8c8-4e9c-89c3-bae80cf8e019}"),
    ],
)
def test_message_is_refused_when_a_field_is_wrong(client, conversation, field, value):
    response = say(client, conversation, **{field: value})

    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_message_is_refused_when_it_holds_half_a_character(client, conversation):
    body = f'{{"client_id": "{uuid.uuid4()}", "text": "\\ud800"}}'

    response = client.post(f"{URL}{conversation.pk}/messages/", body, content_type="application/json")

    assert response.status_code == 400


def test_message_may_have_4000_characters(client, conversation):
    assert say(client, conversation, "я" * 4000).status_code == 201


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        ("", range(1, 11)),
        ("?limit=3", [8, 9, 10]),
        ("?after=0", range(1, 11)),
        ("?after=7", [8, 9, 10]),
        ("?after=2&limit=3", [3, 4, 5]),
        ("?before=4", [1, 2, 3]),
        ("?before=8&limit=2", [6, 7]),
        ("?after=3&before=6", [4, 5]),
        ("?after=10", []),
        ("?after=9999999999", []),
        ("?before=0", []),
        ("?limit=999", range(1, 11)),
    ],
)
def test_messages_come_in_order_for_a_window(client, ten_messages, query, seqs):
    body = client.get(f"{URL}{ten_messages.pk}/messages/{query}").json()

    assert [message["seq"] for message in body["results"]] == list(seqs)
    assert body["last_seq"] == 10


@pytest.mark.parametrize(
    "query",
    ["after=-1", "after=9223372036854775808", "before=abc", "limit=0", "after=1_0", "after=١", "after=1&after=2"],
)
def test_messages_are_refused_when_the_window_is_nonsense(client, ten_messages, query):
    response = client.get(f"{URL}{ten_messages.pk}/messages/?{query}")

    assert response.status_code == 400


def test_read_mark_is_moved_by_either_side(client, admin_client, ten_messages, admin_user):
    path = f"{URL}{ten_messages.pk}/read/"

    assert admin_client.post(path, {"seq": 4}).json()["staff_read_seq"] == 4
    assert client.post(path, {"seq": 4}).json()["customer_read_seq"] == 10
    assert client.post(path, {"seq": 11}).json()["code"] == "seq_not_reached"
    assert client.post(path, {"seq": True}).status_code == 400


def test_administrator_closes_and_assigns(admin_client, ten_messages, admin_user):
    path = f"{URL}{ten_messages.pk}/"

    response = admin_client.patch(path, {"status": "closed", "assignee": admin_user.pk})

    assert response.status_code == 200
    assert response.json()["status"] == "closed"
    assert response.json()["assignee"] == {"id": admin_user.pk, "name": "boss"}
    assert admin_client.patch(path, {"assignee": None}).json()["assignee"] is None


def test_change_is_refused_to_a_customer_or_customer_assignee(client, admin_client, conversation, user):
    path = f"{URL}{conversation.pk}/"

    assert client.patch(path, {"status": "closed"}).status_code == 403
    assert admin_client.patch(path, {"assignee": user.pk}).status_code == 400
    assert admin_client.patch(path, {"assignee": ""}).status_code == 400
    assert admin_client.patch(path, {"status": "lost"}).status_code == 400
    assert Conversation.objects.get().status == "open"


def test_administrators_see_history_in_the_back_office_read_only(ten_messages, admin_user, back_office):
    for path in ("conversation/", "message/", f"conversation/{ten_messages.pk}/change/"):
        assert back_office.get(f"/admin/support/{path}").status_code == 200

    assert back_office.get("/admin/support/message/add/").status_code == 403


def test_back_office_action_closes_conversations(ten_messages, back_office):
    back_office.post("/admin/support/conversation/", {"action": "close", "_selected_action": [ten_messages.pk]})

    assert Conversation.objects.get().status == "closed"


@pytest.fixture
def back_office(admin_user):
    client = Client()
    client.force_login(admin_user)
    return client


def test_repeated_change_is_no_error_and_no_change(admin_client, ten_messages):
    path = f"{URL}{ten_messages.pk}/"
    first = admin_client.patch(path, {"status": "closed"})

    again = admin_client.patch(path, {"status": "closed"})

    assert (again.status_code, again.json()) == (200, first.json())
    assert admin_client.patch(path, {}).json() == first.json()


def test_closed_conversation_reopens_when_its_customer_writes_over_http(client, admin_client, ten_messages):
    path = f"{URL}{ten_messages.pk}/"
    admin_client.patch(path, {"status": "closed"})

    assert say(admin_client, ten_messages, "one more thing").status_code == 201
    assert client.get(path).json()["status"] == "closed"

    assert say(client, ten_messages, "thank you").status_code == 201
    assert client.get(path).json()["status"] == "open"


@pytest.mark.parametrize("pk", ["0", "-1", "abc", "1_0", "999999999999999999", "9223372036854775808", "١"])
def test_conversation_is_absent_when_its_id_is_nonsense(admin_client, conversation, pk):
    path = f"{URL}{pk}/"
    message = {"client_id": str(uuid.uuid4()), "text": "hi"}

    answers = [
        admin_client.get(path),
        admin_client.patch(path, {"status": "closed"}),
        admin_client.get(f"{path}messages/"),
        admin_client.post(f"{path}messages/", message),
        admin_client.post(f"{path}read/", {"seq": 1}),
    ]

    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize("query", ["limit=abc", "limit=-1", "limit=1.5", "before=1e3", "after=%00"])
def test_messages_are_refused_when_a_number_is_none(client, ten_messages, query):
    assert client.get(f"{URL}{ten_messages.pk}/messages/?{query}").status_code == 400
